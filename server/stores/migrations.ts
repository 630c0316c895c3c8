// How the state database came to be as it is, step by step; each step runs once, in order of its name, when the server starts.
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { auditTable } from './audit-table.ts';
import { canteenParts } from './canteen-parts.ts';
import { canteenVersions } from './canteen-versions.ts';
import { enrolmentTables, enrolmentTurn } from './enrolment-tables.ts';
import { peopleTables } from './people-tables.ts';
import type { Tables } from './tables.ts';

export const migrations: Record<string, Migration> = {
  '0001-initial': { up: initial },
  '0002-ages': { up: ages },
  '0003-history': { up: history },
  '0004-audit': { up: auditTable },
  '0005-canteen-versions': { up: canteenVersions },
  '0006-people': { up: peopleTables },
  '0007-enrolment': { up: enrolmentTables },
  '0008-enrolment-turn': { up: enrolmentTurn },
  '0009-canteen-parts': { up: canteenParts },
};

async function initial(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('canteens')
    .addColumn('canteen', 'text', (column) => column.primaryKey())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('facts')
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('facts_pk', ['canteen', 'key'])
    .execute();
  await db.schema
    .createTable('gaps')
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('gaps_pk', ['canteen', 'id'])
    .execute();
  await db.schema.createIndex('gaps_by_status').on('gaps').columns(['status', 'opened_at']).execute();
  await db.schema
    .createTable('events')
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('epoch', 'text', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('time', 'text', (column) => column.notNull())
    .addColumn('received_at', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('events_pk', ['canteen', 'epoch', 'sequence'])
    .execute();
  await db.schema
    .createTable('watermarks')
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('epoch', 'text', (column) => column.notNull())
    .addColumn('through', 'bigint', (column) => column.notNull())
    .addColumn('beyond', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('watermarks_pk', ['canteen', 'epoch'])
    .execute();
  await db.schema
    .createTable('quarantine')
    .addColumn('id', 'bigint', (column) => column.primaryKey())
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('topic', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('payload', 'text', (column) => column.notNull())
    .addColumn('at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('tallies')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute();
}

/** What is to be forgotten some day is found by its age. */
async function ages(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('events_by_age').on('events').column('received_at').execute();
  await db.schema.alterTable('gaps').addColumn('closed_at', 'text').execute();
  await db.schema.createIndex('gaps_by_age').on('gaps').column('closed_at').execute();
  await db.schema
    .alterTable('watermarks')
    .addColumn('updated_at', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  const known = db as Kysely<Pick<Tables, 'gaps'>>;
  for (const { canteen, id, body } of await known.selectFrom('gaps').selectAll().where('status', '=', 'closed').execute())
    await known
      .updateTable('gaps')
      .set({ closed_at: JSON.parse(body).closedAt })
      .where('canteen', '=', canteen)
      .where('id', '=', id)
      .execute();
}

async function history(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('history')
    .addColumn('canteen', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('check_name', 'text', (column) => column.notNull())
    .addColumn('started_at', 'text', (column) => column.notNull())
    .addColumn('ended_at', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('fault', 'text')
    .addPrimaryKeyConstraint('history_pk', ['canteen', 'device', 'check_name', 'started_at'])
    .execute();
  await db.schema.createIndex('history_by_canteen').on('history').columns(['canteen', 'ended_at']).execute();
  await db.schema.createIndex('history_by_age').on('history').column('ended_at').execute();
}
