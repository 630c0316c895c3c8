import { expect, onTestFinished, test } from 'vitest';
import type { SqliteTasks } from '../../server/stores/sqlite-thread.ts';
import { startThread } from '../../server/stores/thread.ts';

const file = new URL('../../server/stores/sqlite-thread.ts', import.meta.url);
const one = (sql: string) => [{ sql, parameters: [] }];

test('a thread answers in the order of asking, and what fails there with its sentence', async () => {
  const thread = await startThread<SqliteTasks>(file, { path: ':memory:' });
  onTestFinished(() => thread.close());
  const answers = await Promise.allSettled([
    thread.ask('run', one('create table told (what text not null)')),
    thread.ask('run', [
      ...one("insert into told values ('first')"),
      ...one('insert into told values (null)'),
      ...one("insert into told values ('third')"),
    ]),
    thread.ask('run', one('select what from told')),
  ]);
  expect(answers).toEqual([
    { status: 'fulfilled', value: [{ rows: [], changes: 0 }] },
    { status: 'rejected', reason: expect.objectContaining({ message: 'NOT NULL constraint failed: told.what' }) },
    { status: 'fulfilled', value: [{ rows: [{ what: 'first' }] }] },
  ]);
});

test('a thread that is closed does first what was asked before', async () => {
  const thread = await startThread<SqliteTasks>(file, { path: ':memory:' });
  const asked = thread.ask('run', one('select 1 as number'));
  await thread.close();
  expect(await asked).toEqual([{ rows: [{ number: 1 }] }]);
});

test('a thread that cannot start is no thread, and its reason is told', async () => {
  await expect(startThread(file, { path: '/nowhere/state.db' })).rejects.toThrow('unable to open database file');
});
