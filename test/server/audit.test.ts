// The audit: one chain that is only ever added to, on either engine.
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createAudit } from '../../server/identity/audit.ts';
import { beforeFirst, hashOf } from '../../server/stores/audit-chain.ts';
import { type AuditStore, auditStore } from '../../server/stores/audit-store.ts';
import { openDatabase } from '../../server/stores/database.ts';
import { silent } from './app-parts.ts';
import { started } from './ingest-messages.ts';
import { type RunningPostgres, startPostgres } from './postgres.ts';
import { temporaryFolder } from './temporary-folder.ts';

let postgres: RunningPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const entry = { at: started, who: '王工', action: 'signed-in', subject: '王工', from: '127.0.0.1' };

describe.each<[engine: string, place: () => Promise<{ url: string; password?: string }>]>([
  ['SQLite', async () => ({ url: `sqlite:${join(temporaryFolder(), 'state.db')}` })],
  ['PostgreSQL', () => postgres.createDatabase()],
])('the audit on %s', (_, place) => {
  async function open() {
    const { url, password } = await place();
    const db = await openDatabase(url, password);
    onTestFinished(() => db.destroy());
    return { db, store: auditStore(db), url, password };
  }

  test('chains each entry to the one before it, whatever its texts hold', async () => {
    const { store } = await open();
    const audit = createAudit({ store, log: silent });
    await audit.record(entry);
    await audit.record({ ...entry, who: 'nul \0 and half a character \ud83d', detail: { why: 'bad \0 \ud83d' } });
    const [first, second] = await store.after(0, 10);
    expect(first).toMatchObject({ sequence: 1, previous: beforeFirst.hash, who: '王工', at: new Date(started).toISOString() });
    expect(second).toMatchObject({ sequence: 2, previous: first?.hash });
    for (const row of [first, second]) expect(row && hashOf(row)).toBe(row?.hash);
    expect(await store.head()).toEqual({ sequence: 2, hash: second?.hash });
    expect((await store.newest({ limit: 1 })).map(({ sequence }) => sequence)).toEqual([2]);
  });

  test('lets no entry be changed or removed', async () => {
    const { db, store } = await open();
    await store.append(entry);
    for (const attempt of ["update audit set who = 'nobody'", 'delete from audit'])
      await expect(sql.raw(attempt).execute(db), attempt).rejects.toThrow('the audit is only ever added to');
    expect(await store.after(0, 10)).toHaveLength(1);
  });

  test('stays one chain where many write at once', async () => {
    const { store } = await open();
    await expectOneChain([store]);
  });
});

test('the audit of two servers on one PostgreSQL is one chain', async () => {
  const { url, password } = await postgres.createDatabase();
  const stores = [await openDatabase(url, password), await openDatabase(url, password, { alone: false })].map((db) => {
    onTestFinished(() => db.destroy());
    return auditStore(db);
  });
  await expectOneChain(stores);
});

async function expectOneChain(stores: AuditStore[]): Promise<void> {
  await Promise.all(stores.flatMap((store) => Array.from({ length: 20 }, () => store.append(entry))));
  const rows = (await stores[0]?.after(0, 100)) ?? [];
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 * stores.length }, (_, index) => index + 1));
  for (const [index, { previous }] of rows.entries()) expect(previous).toBe(rows[index - 1]?.hash ?? beforeFirst.hash);
}
