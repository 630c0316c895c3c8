// What restarts, clocks, other settings and a store that fails do to verdicts and gaps.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Held } from '../../server/stores/state-store.ts';
import { identities, openParts, standard } from './app-parts.ts';
import { heartbeat, instant, layout, reachable, started, upMessage } from './ingest-messages.ts';

const minute = 60_000;
const everything = { canteens: ['qiaodong', 'heping'] };

function storeUrl(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return `sqlite:${join(folder, 'state.db')}`;
}

const open = async ({ store }: Pick<Awaited<ReturnType<typeof openParts>>, 'store'>) =>
  (await store.gaps({ status: 'open', limit: 100 })).map(({ canteen, id }) => `${canteen} ${id}`).toSorted();

test('what one canteen tells is judged while another’s is on its way to the disk, and its own next word after that', async () => {
  const order: string[] = [];
  const { canteens } = await openParts({
    store: (real) => ({
      ...real,
      change: async (asked, decide) => {
        const about = [...asked.canteens].join(' ');
        const decided = (held: Held) => {
          order.push(`judged ${about}`);
          return decide(held);
        };
        const versions = await real.change(asked, decided);
        order.push(`stored ${about}`);
        return versions;
      },
    }),
  });
  order.length = 0;
  await Promise.all([['qiaodong'], ['heping'], ['qiaodong']].map((ids) => canteens.apply({ canteens: ids })));
  expect(order).toEqual(['judged qiaodong', 'judged heping', 'stored qiaodong', 'judged qiaodong', 'stored heping', 'stored qiaodong']);
});

describe('the server’s clock', () => {
  test('set back by an hour while it runs makes no gateway heard, and no fact believed, an hour longer', async () => {
    const { canteens, ingest, clock } = await openParts();
    await ingest.take(upMessage('heartbeat', heartbeat()));
    await ingest.take(upMessage('events', [layout(1), reachable(2)]));
    clock.now = started - 60 * minute;
    await canteens.apply(everything);
    expect(canteens.find('qiaodong', clock.now)?.summary.heardAt).toBe(instant(clock.now));
    clock.now += standard.gatewayHeard.silentAfterSeconds * 1000 + 1;
    expect(canteens.find('qiaodong', clock.now)?.summary.staleAt).toBeNull();
    expect(canteens.find('qiaodong', clock.now)?.state.facts.get('cam-1')?.get('reachable')?.believedUntil).toBe(started - 58 * minute);
  });

  test('set back is allowed for before anything is shown, even where nothing can be stored', async () => {
    const { canteens, ingest, clock, store } = await openParts();
    await ingest.take(upMessage('heartbeat', heartbeat()));
    store.change = async () => {
      throw new Error('disk full');
    };
    clock.now = started - 60 * minute;
    await expect(canteens.apply(everything)).rejects.toThrow('disk full');
    expect(canteens.find('qiaodong', clock.now)?.summary.heardAt).toBe(instant(clock.now));
  });

  test('set back between two starts makes nothing live longer either', async () => {
    const url = storeUrl();
    const first = await openParts({ url });
    await first.ingest.take(upMessage('events', [layout(1), reachable(2)]));
    await first.store.close();
    const second = await openParts({ url, at: started - 600 * minute });
    onTestFinished(() => second.store.close());
    const fact = second.canteens.find('qiaodong', second.now())?.state.facts.get('cam-1')?.get('reachable');
    expect(fact?.believedUntil).toBe(started - 598 * minute);
  });

  test('that jumps forward, as after the machine slept, opens no gap at once for what could not be told meanwhile', async () => {
    const parts = await openParts({ awayAfterMs: 25_000 });
    const { canteens, ingest, clock } = parts;
    await ingest.take(upMessage('heartbeat', heartbeat()));
    await ingest.take(upMessage('heartbeat', heartbeat(), 'heping'));
    clock.now += 60 * minute;
    await canteens.apply(everything);
    expect(await open(parts)).toEqual([]);
    expect(canteens.all(clock.now).map(({ summary }) => summary.verdict)).toEqual(['unknown', 'unknown']);
    for (let step = 0; step < 10; step++) {
      clock.now += 10_000;
      await canteens.apply(everything);
    }
    expect((await open(parts)).map((gap) => gap.split('.')[1])).toEqual(['gateway-silent', 'gateway-silent']);
  });
});

test('the gap of a silent gateway stays the same gap through a restart', async () => {
  const url = storeUrl();
  const first = await openParts({ url });
  first.clock.now += 60 * minute;
  await first.canteens.apply(everything);
  const before = await open(first);
  await first.store.close();
  const second = await openParts({ url, at: first.clock.now + minute });
  onTestFinished(() => second.store.close());
  expect(before).toHaveLength(2);
  expect(await open(second)).toEqual(before);
  second.clock.now += 60 * minute;
  await second.canteens.apply(everything);
  expect(await open(second)).toEqual(before);
});

test('the gaps of a canteen that is no longer supervised do not stay open for ever, and say why they ended', async () => {
  const url = storeUrl();
  const first = await openParts({ url });
  first.clock.now += 60 * minute;
  await first.canteens.apply(everything);
  await first.store.close();
  const second = await openParts({ url, at: first.clock.now, identities: identities.slice(0, 1) });
  onTestFinished(() => second.store.close());
  expect((await open(second)).map((gap) => gap.split(' ')[0])).toEqual(['qiaodong']);
  const [ended] = await second.store.gaps({ status: 'closed', canteen: 'heping', limit: 10 });
  expect(ended).toMatchObject({ closedAt: instant(second.clock.now), cause: { en: 'The canteen is no longer under supervision' } });
});

test('another standard at the next start judges anew, and a gap that it keeps stays the same gap', async () => {
  const url = storeUrl();
  const first = await openParts({ url });
  await first.ingest.take(upMessage('events', [layout(1)]));
  const before = await open(first);
  await first.store.close();
  const onlyCooking = { ...standard, version: '2', zones: standard.zones.filter(({ kind }) => kind === 'cooking') };
  const second = await openParts({ url, standard: onlyCooking });
  onTestFinished(() => second.store.close());
  const gaps = await second.store.gaps({ status: 'open', canteen: 'qiaodong', limit: 10 });
  expect(before).toHaveLength(2);
  expect(gaps).toMatchObject([{ zone: 'cooking', standard: 'taiyuan-community-2022 v2' }]);
  expect(before).toContain(`qiaodong ${gaps[0]?.id}`);
});

test('a verdict is judged again the moment something it rests on lapses', async () => {
  const { canteens, ingest, clock } = await openParts();
  await ingest.take(upMessage('events', [layout(1), reachable(2, { validUntil: instant(started + 1000) })]));
  const shown = () => canteens.find('qiaodong', clock.now);
  const before = shown();
  clock.now = started + 1000;
  expect(shown()).toBe(before);
  clock.now = started + 1001;
  expect(shown()).not.toBe(before);
});

test('whether it stores is told by what it stores: not by what it reads, that it can or that it cannot', async () => {
  const { canteens, store } = await openParts();
  const { change } = store;
  store.newer = () => Promise.reject(new Error('no answer'));
  await expect(canteens.catchUp()).rejects.toThrow('no answer');
  expect(canteens.storing()).toBe(true);
  store.newer = async () => [];
  store.change = () => Promise.reject(new Error('disk full'));
  await expect(canteens.passTime({ leading: true })).rejects.toThrow('disk full');
  await canteens.catchUp();
  expect(canteens.storing()).toBe(false);
  store.change = change;
  await canteens.passTime({ leading: true });
  expect(canteens.storing()).toBe(true);
});

test('pages are told at once what has changed, and only now and then that a canteen was heard again', async () => {
  const { ingest, live, clock } = await openParts();
  await ingest.take(upMessage('events', [layout(1), reachable(2)]));
  const told: (number | string)[] = [];
  live.listen(({ event, data }) => void (event === 'canteen' && told.push((clock.now - started) / 1000, data.verdict)));
  for (const seconds of [2, 4, 6, 8, 10, 12, -3600]) {
    clock.now = started + seconds * 1000;
    await ingest.take(upMessage('heartbeat', heartbeat(clock.now), 'qiaodong', clock.now));
  }
  clock.now += 1000;
  const lost = reachable(3, { outcome: 'fault', fault: 'no-answer', at: clock.now });
  await ingest.take(upMessage('events', [lost], 'qiaodong', clock.now));
  expect(told.filter((each) => typeof each === 'number')).toEqual([6, 12, -3600, -3599]);
});
