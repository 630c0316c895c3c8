// Makes the table of the audit, which takes entries and never lets one be changed or removed.
import { type Kysely, PostgresAdapter, sql } from 'kysely';

const refusal = 'the audit is only ever added to';

export async function auditTable(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('previous', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  // Whoever changes a row of this table first is alone with what it stands for until its transaction ends, on either engine.
  await db.schema
    .createTable('turns')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('turn', 'bigint', (column) => column.notNull())
    .execute();
  await sql`insert into turns (name, turn) values ('audit', 0)`.execute(db);
  await (db.getExecutor().adapter instanceof PostgresAdapter ? guardOnPostgres(db) : guardOnSqlite(db));
}

async function guardOnSqlite(db: Kysely<unknown>): Promise<void> {
  for (const change of ['update', 'delete'])
    await sql`create trigger ${sql.raw(`audit_no_${change}`)} before ${sql.raw(change)} on audit begin select raise(abort, ${sql.lit(refusal)}); end`.execute(
      db,
    );
}

async function guardOnPostgres(db: Kysely<unknown>): Promise<void> {
  await sql`create function audit_refuse() returns trigger language plpgsql as ${sql.lit(`begin raise exception '${refusal}'; end`)}`.execute(
    db,
  );
  await sql`create trigger audit_no_change before update or delete on audit for each row execute function audit_refuse()`.execute(db);
  await sql`create trigger audit_no_truncate before truncate on audit for each statement execute function audit_refuse()`.execute(db);
}
