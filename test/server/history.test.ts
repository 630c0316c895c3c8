// What became of each check over time: live, late, in silence, across a restart, and as the interface gives it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { validator } from '#config/validate.ts';
import type { FactOf } from '#contract/facts.ts';
import { History } from '#contract/views.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import { asAdministrator } from './asking.ts';
import { heartbeat, instant, layout, reachable, started, upMessage } from './ingest-messages.ts';

const minute = 60_000;

async function openHistory(url = 'sqlite::memory:', at = started) {
  const { clock, ingest, ...parts } = await openParts({ url, at });
  const app = await appOf(parts);
  const administrator = await asAdministrator(app, parts.identity);
  const ask = async (query = '') => await administrator(`/api/canteens/qiaodong/history${query}`);
  return {
    clock,
    ask,
    store: parts.store,
    /** Tells a fact seen at `seenAt` minutes, at whatever time the server's clock shows. */
    async tell(sequence: number, seenAt: number, fact: Partial<FactOf<'reachable'>> = {}) {
      const event = reachable(sequence, { at: started + seenAt * minute, ...fact });
      await ingest.take(upMessage('events', [event], 'qiaodong', clock.now));
    },
    /** Another check, which says the same as always. */
    async steady(sequence: number) {
      const event = reachable(sequence, { device: 'cam-2', at: clock.now, validUntil: instant(clock.now + 5 * minute) });
      await ingest.take(upMessage('events', [event], 'qiaodong', clock.now));
    },
    /** A heartbeat, and nothing else. */
    async heard() {
      await ingest.take(upMessage('heartbeat', heartbeat(clock.now), 'qiaodong', clock.now));
    },
    /** What an outage kept back, all in one message: facts from sequence `from` on, seen so many minutes after the start. */
    async tellAll(from: number, looks: [seenAt: number, fact?: Partial<FactOf<'reachable'>>][]) {
      const events = looks.map(([seenAt, fact], index) => reachable(from + index, { at: started + seenAt * minute, ...fact }));
      await ingest.take(upMessage('events', events, 'qiaodong', clock.now));
    },
    async begin() {
      await ingest.take(upMessage('events', [layout(1)], 'qiaodong', clock.now));
    },
    /** Its gateway no longer has any device. */
    async removeCamera(sequence: number) {
      await ingest.take(upMessage('events', [layout(sequence, { cameras: [], recorders: [] })], 'qiaodong', clock.now));
    },
    /** The spans of the one band in minutes from the start. */
    async spans(query = '') {
      const checked = validator(History)((await ask(query)).json());
      if (!checked.ok) return checked.problem;
      const minutes = (at: string) => (Date.parse(at) - started) / minute;
      return checked.value.bands.flatMap(({ spans }) =>
        spans.map(({ from, to, outcome, fault }) => `${minutes(from)}-${minutes(to)} ${outcome}${fault === undefined ? '' : ` ${fault}`}`),
      );
    },
  };
}

const fromStart = `?from=${instant(started)}`;
const fault = { outcome: 'fault', fault: 'no-answer' } as const;

describe('the history of a check', () => {
  test('tells when it was in order, when not, and between two facts that did not reach each other that nobody knew', async () => {
    const { tell, begin, spans, clock, heard } = await openHistory();
    await begin();
    for (const [sequence, at] of [0, 1, 2].entries()) {
      clock.now = started + at * minute;
      await tell(sequence + 2, at);
    }
    clock.now = started + 3 * minute;
    await tell(5, 3, fault);
    clock.now = started + 9 * minute;
    await tell(6, 9);
    clock.now = started + 10 * minute;
    expect(await spans(fromStart)).toEqual(['0-3 ok', '3-5 fault no-answer', '5-9 unknown', '9-10 ok']);
    clock.now = started + 20 * minute;
    await heard();
    expect(await spans(`${fromStart}&to=${instant(started + 60 * minute)}`)).toEqual([
      ...['0-3 ok', '3-5 fault no-answer', '5-9 unknown', '9-11 ok', '11-20 unknown'],
    ]);
  });

  test('keeps one row for what went on being told, however often, and none before it has ended', async () => {
    const { tell, begin, store, clock, spans } = await openHistory();
    await begin();
    for (let at = 0; at < 30; at++) {
      clock.now = started + at * minute;
      await tell(at + 2, at);
    }
    const about = { canteen: 'qiaodong', from: started, to: clock.now + minute, limit: 100 };
    expect(await store.history(about)).toEqual([]);
    expect(await spans(fromStart)).toEqual(['0-29 ok']);
    clock.now = started + 30 * minute;
    await tell(32, 30, fault);
    expect(await store.history(about)).toEqual([
      { canteen: 'qiaodong', device: 'cam-1', check: 'reachable', from: started, until: started + 31 * minute, outcome: 'ok' },
    ]);
  });

  test('takes in what an outage kept back, in its place, though the present came first', async () => {
    const { tell, begin, spans, clock } = await openHistory();
    clock.now = started + 10 * minute;
    await begin();
    await tell(9, 10);
    await tell(2, 2, fault);
    await tell(3, 4);
    await tell(4, 6);
    expect(await spans(fromStart)).toEqual(['0-2 unknown', '2-4 fault no-answer', '4-8 ok', '8-10 unknown']);
  });

  test('keeps in one row what late looks go on telling, and shows what they would have shown one by one', async () => {
    const { tell, tellAll, begin, spans, clock, store } = await openHistory();
    clock.now = started + 30 * minute;
    await begin();
    await tell(20, 30);
    await tellAll(2, [[2, fault], [4], [5], [6.5], [7, fault], [8], [20]]);
    expect(await spans(fromStart)).toEqual([
      ...['0-2 unknown', '2-4 fault no-answer', '4-7 ok', '7-8 fault no-answer', '8-10 ok', '10-20 unknown', '20-22 ok', '22-30 unknown'],
    ]);
    expect(await store.history({ canteen: 'qiaodong', from: started, to: clock.now, limit: 100 })).toHaveLength(5);
  });

  test('is kept of a camera that is registered no longer', async () => {
    const { tell, removeCamera, begin, spans, clock } = await openHistory();
    await begin();
    await tell(2, 0);
    clock.now = started + minute;
    await removeCamera(3);
    clock.now = started + 3 * minute;
    expect(await spans(`${fromStart}&device=cam-1`)).toEqual(['0-2 ok', '2-3 unknown']);
  });

  test('believes nobody for longer than the server ever does', async () => {
    const { tell, begin, spans, clock, heard } = await openHistory();
    await begin();
    await tell(2, 0, { validUntil: instant(started + 365 * 24 * 60 * minute) });
    clock.now = started + 100 * minute;
    await heard();
    expect(await spans(fromStart)).toEqual(['0-75 ok', '75-100 unknown']);
  });

  test('ends where the gateway fell silent, whatever was to be believed for longer', async () => {
    const { tell, begin, spans, clock } = await openHistory();
    await begin();
    await tell(2, 0, { validUntil: instant(started + 60 * minute) });
    clock.now = started + minute;
    expect(await spans(fromStart)).toEqual(['0-1 ok']);
    clock.now = started + 10 * minute;
    expect(await spans(fromStart)).toEqual(['0-1.5 ok', '1.5-10 unknown']);
  });

  test('shows an `ok` that does not say what was measured as unknown', async () => {
    const { begin, spans, clock, tell } = await openHistory();
    await begin();
    await tell(2, 0);
    clock.now = started + minute;
    await tell(3, 1, { measured: undefined as never });
    clock.now = started + 2 * minute;
    expect(await spans(fromStart)).toEqual(['0-1 ok', '1-2 unknown']);
  });

  test('goes on unbroken after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const url = `sqlite:${join(folder, 'state.db')}`;
    const before = await openHistory(url);
    await before.begin();
    await before.tell(2, 0);
    await before.store.close();
    const after = await openHistory(url, started + minute);
    await after.tell(3, 1);
    after.clock.now = started + 2 * minute;
    expect(await after.spans(fromStart)).toEqual(['0-2 ok']);
    await after.store.close();
  });

  test('is forgotten with the events', async () => {
    const { tell, begin, store, clock } = await openHistory();
    await begin();
    await tell(2, 0);
    clock.now = started + minute;
    await tell(3, 1, fault);
    const history = () => store.history({ canteen: 'qiaodong', from: 0, to: started + minute, limit: 9 });
    await store.prune({ events: started, closedGaps: started });
    expect(await history()).toHaveLength(1);
    await store.prune({ events: started + 3 * minute, closedGaps: started });
    expect(await history()).toEqual([]);
  });
});

describe('the history of a canteen', () => {
  test('is asked by device, check and time, and says so where it had to be cut short', async () => {
    const { tell, begin, ask, spans, clock, heard } = await openHistory();
    await begin();
    for (let at = 0; at < 6; at++) {
      clock.now = started + at * 2 * minute;
      await tell(at + 2, at * 2, at % 2 === 0 ? {} : fault);
    }
    clock.now = started + 12 * minute;
    await heard();
    expect(await spans(`${fromStart}&device=cam-1&check=reachable`)).toHaveLength(6);
    expect(await spans(`${fromStart}&device=cam-2`)).toEqual([]);
    expect(await spans(`${fromStart}&check=clock`)).toEqual([]);
    const cut = (await ask(`${fromStart}&limit=2`)).json();
    expect(cut).toMatchObject({ complete: false, from: instant(started + 8 * minute) });
    expect((await ask(fromStart)).json()).toMatchObject({ complete: true, from: instant(started) });
  });

  test('cut short still shows what has gone on since long before', async () => {
    const { tell, begin, spans, clock, steady } = await openHistory();
    await begin();
    for (let at = 0; at < 12; at += 2) {
      clock.now = started + at * minute;
      await steady(100 + at);
      await tell(101 + at, at, at % 4 === 0 ? {} : fault);
    }
    expect(await spans(`${fromStart}&limit=3`)).toEqual(['6-10 ok', '6-8 fault no-answer', '8-10 ok']);
  });

  test.each([
    ['?check=taste', 400, /check/],
    ['?from=yesterday', 400, /from/],
    [`?from=${instant(started + minute)}`, 400, /before/],
    ['?limit=0', 400, /limit/],
  ])('refuses %s', async (query, status, message) => {
    const { ask } = await openHistory();
    const response = await ask(query);
    expect(response.statusCode).toBe(status);
    expect(response.json().message).toMatch(message);
  });
});
