// The tables of enrolment: canteens taken on while the server runs, claim codes, and every certificate that was issued.
import { type Kysely, sql } from 'kysely';

export interface EnrolmentTables {
  registered_canteens: { id: string; name: string; district: string; created_at: string; withdrawn_at: string | null };
  /** Of a code only a keyed hash is kept. */
  claim_codes: { hash: string; canteen: string; created_at: string; expires_at: string; used_at: string | null };
  certificates: {
    serial: string;
    canteen: string;
    fingerprint: string;
    not_before: string;
    not_after: string;
    issued_at: string;
    /** When a gateway first came in with it. */
    used_at: string | null;
    revoked_at: string | null;
    revoked_why: RevokedWhy | null;
    /** The serial number of the one that took its place. */
    replaced_by: string | null;
  };
}

export type RevokedWhy = 'revoked' | 'replaced' | 'canteen-withdrawn';

export async function enrolmentTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registered_canteens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('district', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('withdrawn_at', 'text')
    .execute();
  await db.schema
    .createTable('claim_codes')
    .addColumn('hash', 'text', (column) => column.primaryKey())
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('used_at', 'text')
    .execute();
  await db.schema
    .createTable('certificates')
    .addColumn('serial', 'text', (column) => column.primaryKey())
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('not_before', 'text', (column) => column.notNull())
    .addColumn('not_after', 'text', (column) => column.notNull())
    .addColumn('issued_at', 'text', (column) => column.notNull())
    .addColumn('used_at', 'text')
    .addColumn('revoked_at', 'text')
    .addColumn('revoked_why', 'text')
    .addColumn('replaced_by', 'text')
    .execute();
  await db.schema.createIndex('certificates_by_canteen').on('certificates').columns(['canteen', 'issued_at']).execute();
  await db.schema.createIndex('certificates_by_revocation').on('certificates').column('revoked_at').execute();
}

/** Certificates of a canteen are renewed, used and ended by one at a time, however many servers there are. */
export async function enrolmentTurn(db: Kysely<unknown>): Promise<void> {
  await sql`insert into turns (name, turn) values ('enrolment', 0)`.execute(db);
}
