// Makes the tables of people, their sessions, tokens and invitations, and of attempts to sign in.
import { type Kysely, sql } from 'kysely';

/** Of every secret only its SHA-256 is here, but for the second factor’s, which has to be computed with. */
export interface PeopleTables {
  people: {
    id: string;
    name: string;
    /** The name as it is compared. */
    name_key: string;
    grants: string;
    password_hash: string | null;
    factor_secret: string | null;
    /** Shown, and not yet confirmed by a code. */
    factor_pending: string | null;
    /** The last period of which a code was taken. */
    factor_period: number;
    disabled_at: string | null;
    created_at: string;
    seen_at: string | null;
  };
  sessions: { digest: string; person: string; created_at: string; seen_at: string; origin: string };
  tokens: {
    id: string;
    digest: string;
    person: string;
    name: string;
    roles: string;
    created_at: string;
    expires_at: string;
    used_at: string | null;
  };
  invitations: { person: string; digest: string; expires_at: string };
  /** Networks somebody has signed in from before. */
  places: { person: string; origin: string; at: string };
  attempts: { key: string; failures: number; until: string; at: string };
}

export async function peopleTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('people')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull().unique())
    .addColumn('grants', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('factor_secret', 'text')
    .addColumn('factor_pending', 'text')
    .addColumn('factor_period', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('disabled_at', 'text')
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('seen_at', 'text')
    .execute();
  await db.schema
    .createTable('sessions')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('seen_at', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('sessions_by_person').on('sessions').column('person').execute();
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('roles', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .addColumn('used_at', 'text')
    .execute();
  await db.schema.createIndex('tokens_by_person').on('tokens').column('person').execute();
  await db.schema
    .createTable('invitations')
    .addColumn('person', 'text', (column) => column.primaryKey())
    .addColumn('digest', 'text', (column) => column.notNull().unique())
    .addColumn('expires_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('places')
    .addColumn('person', 'text', (column) => column.notNull())
    .addColumn('origin', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('places_pk', ['person', 'origin'])
    .execute();
  await db.schema
    .createTable('attempts')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('failures', 'bigint', (column) => column.notNull())
    .addColumn('until', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('attempts_by_age').on('attempts').column('at').execute();
  await sql`insert into turns (name, turn) values ('people', 0), ('attempts', 0)`.execute(db);
}
