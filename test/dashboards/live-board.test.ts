import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gap } from '#contract/gaps.ts';
import type { CanteenSummary } from '#contract/views.ts';
import { createLiveBoard } from '../../dashboards/api/live-board.ts';
import { createServerLine, type EventStream } from '../../dashboards/api/server-line.ts';
import { sleep } from '../../dashboards/api/sleep.ts';
import { gapOf, later, summaryOf } from './district.ts';

const at = '2026-11-23T06:30:00.000Z';
const secondMs = 1000;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(at) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a live board', () => {
  it('is opening until the board has come, and then shows it with the server’s own age', async () => {
    await using page = openPage();
    expect(page.view()).toMatchObject({ line: 'opening', heardAt: null, canteens: [] });
    await page.server.accept({ canteens: [summaryOf(at)] });
    expect(page.view()).toMatchObject({ line: 'live', heardAt: Date.parse(at), counts: { ok: 1, fault: 0, unknown: 0 } });
  });

  it('knows the server’s time however wrong its own clock is', async () => {
    await using page = openPage();
    await page.server.accept({ canteens: [summaryOf(later(at, 7200))], at: later(at, 7200) });
    expect(page.view().now).toBe(Date.parse(later(at, 7200)));
    expect(page.view().canteens[0]?.verdict).toBe('ok');
  });

  it('shows everything as unknown once the server has not been heard for more than 15 s, and says the line is broken', async () => {
    await using page = openPage();
    await page.server.accept({ canteens: [summaryOf(at)] });
    await page.pass(15);
    expect(page.view()).toMatchObject({ line: 'live', counts: { ok: 1 } });
    await page.pass(1);
    expect(page.view()).toMatchObject({ line: 'broken', counts: { ok: 0, unknown: 1 } });
    expect(page.view().canteens[0]).toMatchObject({ stale: true, cameras: { total: 6, healthy: null } });
    expect(page.view().canteens[0]?.zones.map((zone) => zone.outcome)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('shows a canteen as unknown from its staleAt on, though the line is alive', async () => {
    await using page = openPage();
    await page.server.accept({ canteens: [summaryOf(at, { staleAt: later(at, 20) })] });
    await page.tickFor(19);
    expect(page.view()).toMatchObject({ line: 'live', counts: { ok: 1 } });
    await page.tickFor(1);
    expect(page.view()).toMatchObject({ line: 'live', counts: { unknown: 1 } });
  });

  it('takes in a changed canteen and moves it to its place', async () => {
    await using page = openPage();
    const [first, second] = [summaryOf(at), summaryOf(at, { id: 'second', name: '第二食堂' })];
    await page.server.accept({ canteens: [second, first] });
    page.server.tell('canteen', { ...first, verdict: 'fault', openGaps: 1, worstSeverity: 'major' });
    expect(page.view().canteens.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([`${first.id} fault`, 'second ok']);
  });

  it('shows a gap when it opens and drops it when it closes', async () => {
    await using page = openPage();
    const canteen = summaryOf(at, { id: 'xinghualing-2' });
    await page.server.accept({ canteens: [canteen] });
    page.server.tell('gap', gapOf(at));
    expect(page.view().canteens[0]?.gaps.map(({ gap }) => gap.id)).toEqual([gapOf(at).id]);
    page.server.tell('gap', gapOf(at, { status: 'closed', closedAt: at }));
    expect(page.view().canteens[0]?.gaps).toEqual([]);
  });

  it('drops a canteen that is withdrawn, also while the board is still on its way, and shows it again when it is taken on anew', async () => {
    await using page = openPage();
    const [first, second] = [summaryOf(at), summaryOf(at, { id: 'second', name: '第二食堂' })];
    const shown = () => page.view().canteens.map(({ id }) => id);
    page.server.open();
    page.server.tell('withdrawn', { canteen: 'second' });
    await page.server.answer({ canteens: [first, second] });
    expect(shown()).toEqual([first.id]);
    page.server.tell('withdrawn', { canteen: first.id });
    expect(shown()).toEqual([]);
    page.server.tell('canteen', second);
    expect(shown()).toEqual(['second']);
  });

  it('keeps what was told while the board was still on its way', async () => {
    await using page = openPage();
    page.server.open();
    page.server.tell('canteen', summaryOf(at, { verdict: 'fault' }));
    page.server.tell('gap', gapOf(at, { canteen: summaryOf(at).id, status: 'closed', closedAt: at }));
    await page.server.answer({ canteens: [summaryOf(at)], gaps: [gapOf(at, { canteen: summaryOf(at).id })] });
    expect(page.view().canteens[0]).toMatchObject({ verdict: 'fault', gaps: [] });
  });

  it('fetches everything anew after the line broke, so that nothing missed meanwhile stays wrong', async () => {
    await using page = openPage();
    await page.server.accept({ canteens: [summaryOf(at, { id: 'xinghualing-2' })], gaps: [gapOf(at)] });
    page.server.breakLine();
    await page.pass(0);
    expect(page.view().line).toBe('broken');
    await page.pass(1);
    expect(page.server.streams()).toBe(2);
    await page.server.accept({ canteens: [summaryOf(at, { id: 'xinghualing-2' }), summaryOf(at)], gaps: [] });
    expect(page.view().line).toBe('live');
    expect(page.view().canteens.map(({ gaps }) => gaps.length)).toEqual([0, 0]);
  });

  it('gives up a line that is open but silent, and closes it', async () => {
    await using page = openPage();
    await page.server.accept({ canteens: [summaryOf(at)] });
    await page.pass(18);
    expect(page.server.closed()).toBe(1);
    expect(page.server.streams()).toBe(2);
  });

  it('tries again ever more rarely while the server is away, at most every 30 s', async () => {
    await using page = openPage();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      const brokeAt = Date.now();
      page.server.breakLine();
      while (page.server.streams() === attempt) await page.pass(1);
      waits.push((Date.now() - brokeAt) / secondMs);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('tries again when the server answers with an error', async () => {
    await using page = openPage();
    page.server.open();
    await page.server.fail(503);
    expect(page.view()).toMatchObject({ line: 'broken', heardAt: null });
    await page.pass(1);
    expect(page.server.streams()).toBe(2);
  });
});

interface Answer {
  canteens: CanteenSummary[];
  gaps?: Gap[];
  at?: string;
}

/** A board on a line whose other end the test holds. Chance is ruled out: `random` gives its upper end. */
function openPage() {
  const server = fakeServer();
  const line = createServerLine(server.deps);
  const board = createLiveBoard({ line, now: Date.now, sleep, random: () => 1 });
  const life = new AbortController();
  const running = board.run(life.signal);
  const pass = async (seconds: number) => void (await vi.advanceTimersByTimeAsync(seconds * secondMs));
  return {
    server,
    view: board.view,
    pass,
    async tickFor(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 1) {
        await pass(1);
        server.tell('tick', { at: new Date().toISOString() });
      }
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await running;
    },
  };
}

function fakeServer() {
  type Listener = (event: { data?: unknown }) => void;
  const streams: Map<string, Listener>[] = [];
  let closed = 0;
  const waiting: { path: string; settle: (response: Pick<Response, 'ok' | 'status' | 'json'>) => void }[] = [];

  const emit = (type: string, event: { data?: unknown }) => streams.at(-1)?.get(type)?.(event);
  const open = () => emit('open', {});
  async function answer({ canteens, gaps = [], at: answeredAt = new Date().toISOString() }: Answer): Promise<void> {
    for (const { path, settle } of waiting.splice(0)) {
      const body =
        path === '/api/canteens'
          ? { at: answeredAt, standard: 'test v1', standardTitle: { zh: '测试标准', en: 'Test standard' }, canteens }
          : { at: answeredAt, gaps };
      settle({ ok: true, status: 200, json: async () => body });
    }
    await vi.advanceTimersByTimeAsync(0);
  }
  function openEvents(): EventStream {
    const listeners = new Map<string, Listener>();
    streams.push(listeners);
    return {
      addEventListener: (type, listener) => void listeners.set(type, listener),
      close() {
        closed += listeners.size === 0 ? 0 : 1;
        listeners.clear();
      },
    };
  }

  return {
    deps: {
      fetch: (path: string) => new Promise<Pick<Response, 'ok' | 'status' | 'json'>>((settle) => waiting.push({ path, settle })),
      openEvents,
    },
    open,
    answer,
    async accept(about: Answer) {
      open();
      await answer(about);
    },
    async fail(status: number) {
      for (const { settle } of waiting.splice(0)) settle({ ok: false, status, json: async () => ({}) });
      await vi.advanceTimersByTimeAsync(0);
    },
    tell: (event: 'canteen' | 'gap' | 'withdrawn' | 'tick', data: unknown) => emit(event, { data: JSON.stringify(data) }),
    breakLine: () => emit('error', {}),
    streams: () => streams.length,
    closed: () => closed,
  };
}
