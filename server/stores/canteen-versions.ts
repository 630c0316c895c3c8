// The step that gives each canteen a version, so that what a server has in memory can be compared with what is stored.
import { type Kysely, sql } from 'kysely';

export async function canteenVersions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('versions')
    .addColumn('canteen', 'text', (column) => column.primaryKey())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('facts_since', 'bigint', (column) => column.notNull())
    .execute();
  for (const table of ['facts', 'gaps'])
    await db.schema
      .alterTable(table)
      .addColumn('version', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
  await db.schema.createIndex('gaps_by_canteen').on('gaps').columns(['canteen', 'status', 'version']).execute();
  await db.schema
    .createTable('attendance')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .execute();
  await sql`insert into versions select canteen, 0, 0 from
    (select canteen from canteens union select canteen from gaps union select canteen from watermarks) known`.execute(db);
}
