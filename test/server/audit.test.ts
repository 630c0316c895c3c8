// The audit: one chain that is only ever added to, on either engine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { auditExport, auditVerify } from '../../server/audit-command.ts';
import { tellAudit } from '../../server/identity/audit.ts';
import { keepAnchor, parseAnchor } from '../../server/identity/audit-anchor.ts';
import { type AuditHead, beforeFirst, hashOf } from '../../server/stores/audit-chain.ts';
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
    return { db, store: auditStore(db, tellAudit(silent)), url, password };
  }

  test('chains each entry to the one before it, whatever its texts hold', async () => {
    const { store } = await open();
    await store.record(entry);
    await store.record({ ...entry, who: 'nul \0 and half a character \ud83d', detail: { why: 'bad \0 \ud83d' } });
    const [first, second] = await store.after(0, 10);
    expect(first).toMatchObject({ sequence: 1, previous: beforeFirst.hash, who: '王工', at: new Date(started).toISOString() });
    expect(second).toMatchObject({ sequence: 2, previous: first?.hash });
    for (const row of [first, second]) expect(row && hashOf(row)).toBe(row?.hash);
    expect(await store.head()).toEqual({ sequence: 2, hash: second?.hash });
    expect((await store.newest({ limit: 1 })).map(({ sequence }) => sequence)).toEqual([2]);
  });

  test('lets no entry be changed or removed', async () => {
    const { db, store } = await open();
    await store.record(entry);
    for (const attempt of ["update audit set who = 'nobody'", 'delete from audit'])
      await expect(sql.raw(attempt).execute(db), attempt).rejects.toThrow('the audit is only ever added to');
    expect(await store.after(0, 10)).toHaveLength(1);
  });

  test('stays one chain where many write at once', async () => {
    const { store } = await open();
    await expectOneChain([store]);
  });
});

describe('a change made past the server', () => {
  async function planted(...statements: string[]) {
    const dataDir = temporaryFolder();
    const url = `sqlite:${join(dataDir, 'state.db')}`;
    const db = await openDatabase(url, undefined);
    const store = auditStore(db, keepAnchor(dataDir, silent));
    for (let index = 0; index < 5; index += 1) await store.record({ ...entry, subject: `${index + 1}` });
    for (const trigger of ['audit_no_update', 'audit_no_delete']) await sql.raw(`drop trigger ${trigger}`).execute(db);
    for (const statement of statements) await sql.raw(statement).execute(db);
    await db.destroy();
    const said: string[] = [];
    const verify = (anchor?: AuditHead) =>
      auditVerify({ dataDir, state: { url } }, { ...(anchor && { anchor }), say: (line) => void said.push(line) });
    return { dataDir, url, verify, said };
  }

  const forgedHash = 'f'.repeat(64);

  test.each<[what: string, statements: string[], sentence: RegExp]>([
    ['an altered text', ["update audit set who = 'somebody else' where sequence = 3"], /entry 3 was altered; it is sound up to entry 2$/],
    ['an altered time', ["update audit set at = '2020-01-01T00:00:00.000Z' where sequence = 1"], /entry 1 was altered/],
    ['an altered detail', [`update audit set detail = '{"x":1}' where sequence = 5`], /entry 5 was altered/],
    ['a removed entry', ['delete from audit where sequence = 2'], /entry 2 is missing; it is sound up to entry 1$/],
    ['removed entries', ['delete from audit where sequence in (2, 3)'], /entries 2 to 3 are missing/],
    ['a tail cut off', ['delete from audit where sequence > 3'], /entries 4 to 5 are missing at the end/],
    [
      'a tail cut off, and the count of it as well',
      ['delete from audit where sequence > 3', "update turns set turn = 3 where name = 'audit'"],
      /entries 4 to 5 are missing at the end/,
    ],
    ['everything removed', ['delete from audit'], /entries 1 to 5 are missing at the end/],
    ['a hash that was forged', [`update audit set hash = '${forgedHash}' where sequence = 4`], /entry 4 was altered/],
  ])('is named: %s', async (_, statements, sentence) => {
    const { verify } = await planted(...statements);
    await expect(verify()).rejects.toMatchObject({ code: 'audit-broken', message: expect.stringMatching(sentence) });
  });

  test('is none where nothing was changed, and an anchor proves it', async () => {
    const { verify, said } = await planted();
    await verify();
    expect(said[0]).toBe('the audit is sound: 5 entries, of which none was changed, removed or put in between');
    const anchor = parseAnchor(said[1]?.split(' ').at(-1) ?? '');
    await verify(anchor);
    await expect(verify({ sequence: 4, hash: forgedHash })).rejects.toThrow(/entry 4 is not what it was when its hash was kept/);
    await expect(verify({ sequence: 9, hash: forgedHash })).rejects.toThrow(/entries 6 to 9 are missing at the end/);
  });

  test('does not keep the audit from being written out, one entry a line', async () => {
    const { dataDir, url } = await planted();
    const file = join(dataDir, 'audit.jsonl');
    await auditExport(file, { dataDir, state: { url } }, { say: () => undefined });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).subject)).toEqual(['1', '2', '3', '4', '5']);
    await expect(auditExport(file, { dataDir, state: { url } }, { say: () => undefined })).rejects.toMatchObject({
      code: 'audit-unusable',
    });
  });
});

test('the audit of two servers on one PostgreSQL is one chain', async () => {
  const { url, password } = await postgres.createDatabase();
  const stores = [await openDatabase(url, password, 'shared'), await openDatabase(url, password, 'shared')].map((db) => {
    onTestFinished(() => db.destroy());
    return auditStore(db, tellAudit(silent));
  });
  await expectOneChain(stores);
});

async function expectOneChain(stores: AuditStore[]): Promise<void> {
  await Promise.all(stores.flatMap((store) => Array.from({ length: 20 }, () => store.record(entry))));
  const rows = (await stores[0]?.after(0, 100)) ?? [];
  expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 * stores.length }, (_, index) => index + 1));
  for (const [index, { previous }] of rows.entries()) expect(previous).toBe(rows[index - 1]?.hash ?? beforeFirst.hash);
}
