// What is written with the end of a transaction, in SQLite: all of it or nothing, also where the transaction never comes to its end.
import { Kysely, type Transaction } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { runLast } from '../../server/stores/sized-statements.ts';
import { sqliteDialect } from '../../server/stores/sqlite.ts';
import type { Tables } from '../../server/stores/tables.ts';

async function opened(): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect: await sqliteDialect(':memory:') });
  onTestFinished(() => db.destroy());
  await db.schema
    .createTable('tallies')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'integer')
    .execute();
  return db;
}

const told = (db: Transaction<Tables>, name: string) => [db.insertInto('tallies').values({ name, value: 1 }).compile()];
const names = async (db: Kysely<Tables>) =>
  (await db.selectFrom('tallies').select('name').orderBy('name').execute()).map(({ name }) => name);

test('what is to be written last is written when the transaction is committed, in the order of asking', async () => {
  const db = await opened();
  await db.transaction().execute(async (transaction) => {
    await runLast(transaction, told(transaction, 'a'));
    await runLast(transaction, [transaction.updateTable('tallies').set({ value: 2 }).where('name', '=', 'a').compile()]);
    await transaction.insertInto('tallies').values({ name: 'at once', value: 1 }).execute();
  });
  expect(await db.selectFrom('tallies').selectAll().orderBy('name').execute()).toEqual([
    { name: 'a', value: 2 },
    { name: 'at once', value: 1 },
  ]);
});

test('of a transaction that fails, before its end or at it, nothing is left, and the next one is whole', async () => {
  const db = await opened();
  const changed = (fails: (transaction: Transaction<Tables>) => Promise<void>) =>
    db.transaction().execute(async (transaction) => {
      await runLast(transaction, told(transaction, 'lost'));
      await fails(transaction);
    });
  await expect(changed(() => Promise.reject(new Error('never mind')))).rejects.toThrow('never mind');
  await expect(changed(async (transaction) => void (await transaction.insertInto('nothing' as 'tallies').execute()))).rejects.toThrow();
  await expect(changed((transaction) => runLast(transaction, told(transaction, 'lost')))).rejects.toThrow('UNIQUE constraint failed');
  expect(await names(db)).toEqual([]);
  await db.transaction().execute((transaction) => runLast(transaction, told(transaction, 'kept')));
  expect(await names(db)).toEqual(['kept']);
});
