// Pictures: from a gateway to the disk, and from there to whoever asks.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { validator } from '#config/validate.ts';
import { StoredMessage } from '#contract/envelope.ts';
import { topic } from '#contract/topics.ts';
import { openEvidenceStore } from '../../server/stores/evidence-store.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import { asAdministrator } from './asking.ts';
import { picture, pictureMessage, reachable, sha256, started, upMessage } from './ingest-messages.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function openApp(about: Parameters<typeof openParts>[0] = {}) {
  const parts = await openParts(about);
  const app = await appOf(parts);
  return { ...parts, ask: await asAdministrator(app, parts.identity) };
}

const bytes = picture(1000);
const name = { canteen: 'qiaodong', sha256: sha256(bytes) };

test.each([
  ['one server', 0o700, ['700', '700', '600']],
  ['servers of one group', 0o2770, ['2770', '2770', '640']],
])('a folder that is for %s keeps its pictures for just those', async (_, mode, modes) => {
  const folder = newFolder();
  chmodSync(folder, mode);
  await (await openEvidenceStore({ folder, bytesMax: 10_000 })).put(name, bytes);
  const below = [name.canteen, name.sha256.slice(0, 2), `${name.sha256}.jpg`].map((_, index, parts) =>
    join(folder, ...parts.slice(0, index + 1)),
  );
  expect(below.map((path) => (statSync(path).mode & 0o7777).toString(8))).toEqual(modes);
});

describe('a picture', () => {
  test('is stored when its message is confirmed, and given under its name for ever', async () => {
    const { ingest, ask, store, published } = await openApp();
    await ingest.take(pictureMessage(bytes));
    expect(stored(published)).toEqual([name.sha256]);
    const response = await ask(`/api/evidence/qiaodong/${name.sha256}`);
    expect([response.statusCode, response.headers['content-type'], response.headers['x-content-type-options']]).toEqual([
      200,
      'image/jpeg',
      'nosniff',
    ]);
    expect(response.headers['cache-control']).toMatch(/immutable/);
    expect(response.rawPayload.equals(bytes)).toBe(true);
    expect((await store.tallies()).quarantined).toBe(0);
  });

  test('is not confirmed before it can be stored', async () => {
    const parts = await openParts();
    const failures = [new Error('disk full'), new Error('disk full')];
    const put = parts.evidence.put;
    parts.evidence.put = async (...given) => {
      const failure = failures.pop();
      if (failure !== undefined) throw failure;
      return put(...given);
    };
    await parts.ingest.take(pictureMessage(bytes));
    expect(failures).toEqual([]);
    expect(await parts.evidence.find(name)).toEqual(bytes);
  });

  test('that never can be written holds up nobody’s events, and is put in quarantine in the end', async () => {
    const { ingest, evidence, store } = await openParts();
    const tried = Promise.withResolvers<void>();
    evidence.put = () => tried.promise.then(() => Promise.reject(new Error('not permitted')));
    const taken = ingest.take(pictureMessage(bytes));
    await Promise.all([ingest.take(upMessage('events', [reachable(1)])), ingest.take(upMessage('events', [reachable(1)], 'heping'))]);
    expect([(await store.tallies()).eventsStored, ingest.waiting()]).toEqual([2, 1]);
    tried.resolve();
    await taken;
    expect(await store.quarantine(10)).toMatchObject([{ canteen: 'qiaodong', reason: 'the picture could not be stored', payload: '' }]);
    expect(ingest.waiting()).toBe(0);
  });

  test('that cannot be written when the server stops stays with its gateway', async () => {
    const { ingest, evidence, store } = await openParts();
    evidence.put = () => Promise.reject(new Error('not permitted'));
    const refused = expect(ingest.take(pictureMessage(bytes))).rejects.toMatchObject({ code: 'closing' });
    await ingest.close();
    await refused;
    expect((await store.tallies()).quarantined).toBe(0);
  });

  test('under the name of another is put in quarantine, without its bytes', async () => {
    const message = pictureMessage(bytes, { name: 'a'.repeat(64) });
    const { ingest, store, published } = await openParts();
    await ingest.take(message);
    expect(stored(published)).toEqual([]);
    expect(await store.quarantine(10)).toMatchObject([{ topic: message.topic, reason: expect.stringMatching(/SHA-256/), payload: '' }]);
  });

  test('for which there is no room is stored and answered all the same: an older one goes', async () => {
    const { ingest, store, evidence, published } = await openParts({ evidenceBytesMax: 2000 });
    const newer = picture(1500, 1);
    for (const one of [bytes, newer]) await ingest.take(pictureMessage(one));
    expect(stored(published)).toEqual([name.sha256, sha256(newer)]);
    expect(await evidence.find(name)).toBeUndefined();
    expect((await store.tallies()).quarantined).toBe(0);
  });

  test.each([`qiaodong/${'b'.repeat(64)}`, `nobody/${name.sha256}`, `heping/${name.sha256}`])('is not found at %s', async (path) => {
    const { ingest, ask } = await openApp();
    await ingest.take(pictureMessage(bytes));
    const response = await ask(`/api/evidence/${path}`);
    expect([response.statusCode, response.json().error]).toEqual([404, 'not-found']);
  });

  test.each(['..%2f..%2fstate.db', 'AB', name.sha256.toUpperCase()])('cannot be asked for by %s', async (path) => {
    const { ask } = await openApp();
    expect((await ask(`/api/evidence/qiaodong/${path}`)).statusCode).toBe(400);
  });
});

describe('the store of pictures', () => {
  test('takes the same picture once, and counts the room of each canteen apart, also after a restart', async () => {
    const folder = newFolder();
    const first = await openEvidenceStore({ folder, bytesMax: 2500 });
    for (let again = 0; again < 3; again++) expect(await first.put(name, bytes)).toBe('stored');
    const second = await openEvidenceStore({ folder, bytesMax: 2500 });
    expect(await second.put(nameOf(picture(1400, 1)), picture(1400, 1))).toBe('stored');
    expect(await second.put({ ...nameOf(picture(200, 2)), canteen: 'heping' }, picture(200, 2))).toBe('stored');
    expect(await second.put(nameOf(picture(200, 2)), picture(200, 2))).toBe('made-room');
  });

  test('forgets the oldest of a canteen for what is new, and of no other', async () => {
    const folder = newFolder();
    const store = await openEvidenceStore({ folder, bytesMax: 3500 });
    await store.put({ ...name, canteen: 'heping' }, bytes);
    const three = [1, 2, 3].map((filler) => picture(1000, filler));
    for (const [index, one] of three.entries()) {
      await store.put(nameOf(one), one);
      const at = new Date(started + ((index + 1) % 3) * 1000); // the third is the oldest
      utimesSync(join(folder, 'qiaodong', sha256(one).slice(0, 2), `${sha256(one)}.jpg`), at, at);
    }
    const newest = [picture(1000, 4), picture(1000, 5)];
    await Promise.all(newest.map((one) => store.put(nameOf(one), one)));
    const kept = await Promise.all([...three, ...newest].map(async (one) => (await store.find(nameOf(one))) !== undefined));
    expect(kept).toEqual([false, true, false, true, true]);
    expect(await store.find({ ...name, canteen: 'heping' })).toEqual(bytes);
    expect(await store.put(nameOf(picture(450, 6)), picture(450, 6))).toBe('stored');
  });

  test('removes what a killed server left half-written, and shows no file that was changed', async () => {
    const folder = newFolder();
    const below = join(folder, 'qiaodong', name.sha256.slice(0, 2));
    mkdirSync(below, { recursive: true });
    const [old, young] = [join(below, `${name.sha256}.jpg.1234.part`), join(below, `${name.sha256}.jpg.5678.part`)];
    for (const part of [old, young]) writeFileSync(part, bytes.subarray(0, 10));
    utimesSync(old, new Date(0), new Date(0));
    writeFileSync(join(below, `${name.sha256}.jpg`), bytes.subarray(0, 10));
    const store = await openEvidenceStore({ folder, bytesMax: 2500 });
    // What is young another server may be writing just now.
    expect(readdirSync(below).toSorted()).toEqual([`${name.sha256}.jpg`, `${name.sha256}.jpg.5678.part`]);
    expect(await store.find(name)).toBeUndefined();
  });

  test('forgets what is old enough, one canteen after the other, and has its room back', async () => {
    const folder = newFolder();
    const store = await openEvidenceStore({ folder, bytesMax: 1500 });
    await store.put(name, bytes);
    await store.put({ ...name, canteen: 'heping' }, bytes);
    const old = new Date(started - 1000);
    utimesSync(join(folder, 'qiaodong', name.sha256.slice(0, 2), `${name.sha256}.jpg`), old, old);
    while (await store.prune(started));
    expect(await store.find(name)).toBeUndefined();
    expect(await store.find({ ...name, canteen: 'heping' })).toEqual(bytes);
    expect(await store.put(nameOf(picture(1400)), picture(1400))).toBe('stored');
  });

  test('has the room back also of what it forgets while it stores', async () => {
    const folder = newFolder();
    const store = await openEvidenceStore({ folder, bytesMax: 2500 });
    await store.put(name, bytes);
    const old = new Date(started - 1000);
    utimesSync(join(folder, 'qiaodong', name.sha256.slice(0, 2), `${name.sha256}.jpg`), old, old);
    await Promise.all([store.put(nameOf(picture(1000, 1)), picture(1000, 1)), store.prune(started)]);
    expect(await store.put(nameOf(picture(1400, 2)), picture(1400, 2))).toBe('stored');
  });

  test.each(['.jpg', '.jpg.1234.part'])('goes on forgetting where a file ending in %s is gone when it is looked at', async (ending) => {
    const folder = newFolder();
    const store = await openEvidenceStore({ folder, bytesMax: 2500 });
    await store.put(name, bytes);
    const below = join(folder, 'qiaodong', name.sha256.slice(0, 2));
    utimesSync(join(below, `${name.sha256}.jpg`), new Date(started - 1000), new Date(started - 1000));
    symlinkSync('gone', join(below, `${'0'.repeat(64)}${ending}`));
    while (await store.prune(started));
    expect(await store.find(name)).toBeUndefined();
  });
});

/** The pictures that were said to be stored, each as the contract wants it. */
function stored(published: { topic: string; message: object }[]): string[] {
  const check = validator(StoredMessage);
  return published
    .filter(({ topic: name }) => name === topic('qiaodong', 'stored'))
    .flatMap(({ message }) => {
      const checked = check(message);
      return checked.ok ? checked.value.data.pictures : [checked.problem];
    });
}

function nameOf(some: Buffer) {
  return { canteen: 'qiaodong', sha256: sha256(some) };
}
