// From messages to what is stored, judged and acknowledged.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acks, openParts } from './app-parts.ts';
import { heartbeat, layout, loss, picture, pictureMessage, reachable, started, status, upMessage } from './ingest-messages.ts';
import { failing } from './store-changes.ts';

describe('ingest', () => {
  test('stores and acknowledges what arrives in order', async () => {
    const { ingest, store, published } = await openParts();
    await ingest.take(upMessage('events', [layout(1), reachable(2)]));
    expect(acks(published)).toEqual(['epoch-1:2']);
    expect(await store.tallies()).toEqual({ eventsStored: 2, quarantined: 0 });
  });

  test('acknowledges only up to the first hole, and all of it once the backlog has filled the hole', async () => {
    const { ingest, published } = await openParts();
    await ingest.take(upMessage('events', [reachable(10), layout(11)]));
    await ingest.take(upMessage('events', [reachable(1), reachable(2)]));
    await ingest.take(
      upMessage(
        'events',
        [3, 4, 5, 6, 7, 8, 9].map((sequence) => reachable(sequence)),
      ),
    );
    expect(acks(published)).toEqual(['epoch-1:0', 'epoch-1:2', 'epoch-1:11']);
  });

  test('takes a repeated event neither into the store nor into the state, but acknowledges it again', async () => {
    const { ingest, store, canteens, published } = await openParts();
    await ingest.take(upMessage('events', [layout(1), reachable(2)]));
    const before = canteens.find('qiaodong', started)?.state;
    await ingest.take(upMessage('events', [layout(1), reachable(2)]));
    expect(canteens.find('qiaodong', started)?.state).toBe(before);
    expect((await store.tallies()).eventsStored).toBe(2);
    expect(acks(published)).toEqual(['epoch-1:2', 'epoch-1:2']);
  });

  test('takes an event that comes twice in one batch once', async () => {
    const { ingest, store } = await openParts();
    await Promise.all([ingest.take(upMessage('events', [reachable(1)])), ingest.take(upMessage('events', [reachable(1), reachable(2)]))]);
    expect((await store.tallies()).eventsStored).toBe(2);
  });

  test('accounts for what the outbox says it lost, and for a later loss that takes over the first', async () => {
    const { ingest, published, canteens } = await openParts();
    await ingest.take(upMessage('events', [loss(51, 1, 50)]));
    await ingest.take(upMessage('events', [reachable(60)]));
    await ingest.take(upMessage('events', [loss(61, 1, 59)]));
    expect(acks(published)).toEqual(['epoch-1:51', 'epoch-1:51', 'epoch-1:61']);
    expect(canteens.find('qiaodong', started)?.state.losses).toHaveLength(2);
  });

  test('counts two lives of an outbox, and two canteens, apart', async () => {
    const { ingest, published } = await openParts();
    await Promise.all([
      ingest.take(upMessage('events', [reachable(1)])),
      ingest.take(upMessage('events', [reachable(1, { epoch: 'epoch-2' }), reachable(2, { epoch: 'epoch-2' })])),
      ingest.take(upMessage('events', [reachable(7)], 'heping')),
    ]);
    expect(acks(published)).toEqual(['epoch-1:1', 'epoch-2:2']);
    expect(acks(published, 'heping')).toEqual(['epoch-1:0']);
  });

  test('puts a malformed event in quarantine, and acknowledges it, so that the queue goes on', async () => {
    const { ingest, store, published } = await openParts();
    await ingest.take(upMessage('events', [reachable(1), { ...reachable(2), data: 'nonsense' }, reachable(3)]));
    await ingest.take(upMessage('events', '{ not json'));
    expect(acks(published)).toEqual(['epoch-1:3']);
    expect(await store.tallies()).toEqual({ eventsStored: 2, quarantined: 2 });
    expect(await store.quarantine(10)).toMatchObject([
      { canteen: 'qiaodong', topic: 'mz/v1/qiaodong/events', reason: 'not JSON', payload: '{ not json' },
      { reason: expect.stringContaining('data: found "nonsense"') },
    ]);
  });

  test('folds status and heartbeat into the state and keeps them out of the event log', async () => {
    const { ingest, store, canteens } = await openParts();
    await ingest.take(upMessage('status', status(true)));
    await ingest.take(upMessage('heartbeat', heartbeat()));
    expect(canteens.find('qiaodong', started)?.state.gateway).toMatchObject({ status: { online: true }, heartbeat: { session: 's1' } });
    expect((await store.tallies()).eventsStored).toBe(0);
  });

  test('acknowledges nothing while the store fails, and everything when it works again', async () => {
    const failures = [new Error('disk full'), new Error('disk full')];
    const { ingest, published, store, canteens } = await openParts({
      store: (real) => failing(real, ({ events }) => (events.length > 0 ? failures.pop() : undefined)),
    });
    const taken = ingest.take(upMessage('events', [reachable(1)]));
    expect(acks(published)).toEqual([]);
    await taken;
    expect(failures).toEqual([]);
    expect(acks(published)).toEqual(['epoch-1:1']);
    expect((await store.tallies()).eventsStored).toBe(1);
    expect([ingest.waiting(), canteens.storing()]).toEqual([0, true]);
  });

  test('tells once when it begins to be unable to store, and once when all that waits is stored', async () => {
    const told: boolean[] = [];
    const failures: Error[] = [];
    const { ingest } = await openParts({ store: (real) => failing(real, () => failures.pop()), onAble: (able) => told.push(able) });
    failures.push(...Array.from({ length: 5 }, () => new Error('disk full')));
    const malformed = pictureMessage(picture(10), { name: 'a'.repeat(64) });
    await Promise.all([ingest.take(upMessage('events', [reachable(1)])), ingest.take(malformed)]);
    expect(told).toEqual([false, true]);
  });

  test('stores what waits before it closes, and refuses what comes later', async () => {
    const { ingest, published } = await openParts();
    const taken = ingest.take(upMessage('events', [reachable(1)]));
    await ingest.close();
    await taken;
    expect(acks(published)).toEqual(['epoch-1:1']);
    await expect(ingest.take(upMessage('events', [reachable(2)]))).rejects.toMatchObject({ code: 'closing' });
  });

  test('gives up at close where the store cannot be written, without acknowledging', async () => {
    let rounds = 0;
    const { ingest, published } = await openParts({
      store: (real) =>
        failing(real, ({ events }) => {
          rounds += events.length;
          return events.length > 0 ? new Error('disk full') : undefined;
        }),
    });
    const taken = ingest.take(upMessage('events', [reachable(1)]));
    const refused = expect(taken).rejects.toMatchObject({ code: 'closing' });
    await ingest.close();
    await refused;
    expect(rounds).toBeGreaterThan(0);
    expect(acks(published)).toEqual([]);
  });

  test('stores what happens now before a backlog that came first, and each canteen’s messages in their order', async () => {
    const { ingest, published } = await openParts();
    const backlog = Array.from({ length: 4 }, (_, index) => Array.from({ length: 1000 }, (__, at) => reachable(1000 * index + at + 1)));
    await Promise.all([
      ...backlog.map((events) => ingest.take(upMessage('events', events, 'heping'))),
      ingest.take(upMessage('events', [reachable(4001)], 'heping')),
      ingest.take(upMessage('events', [reachable(1)], 'qiaodong')),
    ]);
    const order = published.filter(({ topic }) => topic.endsWith('/ack')).map(({ topic }) => topic.split('/')[2]);
    expect(order.slice(0, 3)).toEqual(['heping', 'qiaodong', 'heping']);
    expect(acks(published, 'heping').at(-1)).toBe('epoch-1:4001');
  });

  test('refuses what no longer fits in memory', async () => {
    const { ingest } = await openParts({
      store: (real) => failing(real, ({ refused }) => (refused.length > 0 ? new Error('disk full') : undefined)),
    });
    const big = upMessage('events', Buffer.alloc(70 * 1024 * 1024));
    const first = ingest.take(big);
    first.catch(() => undefined);
    await expect(ingest.take(big)).rejects.toMatchObject({ code: 'overloaded' });
    await ingest.close();
  });

  test('goes on after a restart where it stopped: state, gaps and acknowledgements are there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const url = `sqlite:${join(folder, 'state.db')}`;
    const first = await openParts({ url });
    await first.ingest.take(upMessage('events', [layout(1), reachable(2), reachable(5)]));
    await first.store.close();

    const second = await openParts({ url, at: started + 60_000 });
    onTestFinished(() => second.store.close());
    const state = second.canteens.find('qiaodong', second.now())?.state;
    expect(state?.facts.get('cam-1')?.get('reachable')?.position.sequence).toBe(5);
    expect(state?.expectedSince).toBe(started + 60_000);
    await second.ingest.announceAcks();
    await second.ingest.take(upMessage('events', [reachable(2), reachable(3), reachable(4)]));
    expect(acks(second.published)).toEqual(['epoch-1:2', 'epoch-1:5']);
    expect((await second.store.tallies()).eventsStored).toBe(5);
  });
});
