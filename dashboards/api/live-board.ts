// Keeps the board up to date: loads it, follows the server's events, and starts over with back-off whenever the line breaks.
import type { Gap } from '#contract/gaps.ts';
import type { Text } from '#contract/text.ts';
import type { CanteenSummary } from '#contract/views.ts';
import { type BoardView, createBoardView, silentAfterMs, type Told } from './board-view.ts';
import type { ServerLine } from './server-line.ts';

const secondMs = 1000;
const longestBackOffMs = 30_000;

export interface LiveBoardDeps {
  line: ServerLine;
  /** Milliseconds since 1970. Not a monotonic clock: after this machine slept, what is on the page must count as old. */
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to, but not including, 1. */
  random: () => number;
}

export interface LiveBoard {
  /** What may be shown at this moment. */
  view(): BoardView;
  /** Calls back on every change and every second; the returned function ends that. */
  subscribe(listener: () => void): () => void;
  /** Works until `signal` is aborted; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

interface Contents {
  canteens: Map<string, CanteenSummary>;
  gaps: Map<string, Gap>;
}

export function createLiveBoard({ line, now, sleep, random }: LiveBoardDeps): LiveBoard {
  let contents: Contents = empty();
  let about: Omit<Told, keyof Contents> = {
    standardTitle: { zh: '', en: '' },
    heardAt: null,
    serverAheadMs: 0,
    connected: false,
    failures: 0,
  };
  const boardView = createBoardView();
  const listeners = new Set<() => void>();

  function tell(news: Partial<typeof about>): void {
    about = { ...about, ...news };
    for (const listener of listeners) listener();
  }

  function heard(news: { at?: string; standardTitle?: Text } = {}): void {
    const serverAheadMs = news.at === undefined ? about.serverAheadMs : Date.parse(news.at) - now();
    tell({ standardTitle: news.standardTitle ?? about.standardTitle, serverAheadMs, heardAt: now(), connected: true, failures: 0 });
  }

  async function letTimePass(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(secondMs, signal);
      tell({});
    }
  }

  async function stayConnected(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await connectOnce(signal);
      tell({ connected: false, failures: about.failures + 1 });
      await sleep(backOffMs(about.failures, random), signal);
    }
  }

  /** One life of the line: ends when it breaks, falls silent or is called off. */
  async function connectOnce(signal: AbortSignal): Promise<void> {
    const life = new AbortController();
    const end = () => life.abort();
    const over = AbortSignal.any([signal, life.signal]);
    // Told while the board was still on its way, so perhaps newer than what the answer holds.
    const early = empty();
    const withdrawn = new Set<string>();
    let loaded = false;
    let wordAt = now();

    function word(news: { at?: string }, note: (into: Contents) => void): void {
      wordAt = now();
      note(loaded ? contents : early);
      if (loaded) heard(news);
    }

    async function load(): Promise<void> {
      wordAt = now();
      const [board, open] = await Promise.all([line.board(over), line.openGaps(over)]);
      if (over.aborted) return;
      contents = {
        canteens: withoutAny(withdrawn, new Map([...board.canteens.map((canteen) => [canteen.id, canteen] as const), ...early.canteens])),
        gaps: withoutClosed(new Map([...open.gaps.map((gap) => [gap.id, gap] as const), ...early.gaps])),
      };
      loaded = true;
      heard(board);
    }

    const stopListening = line.listen({
      open: () => void load().catch(end),
      canteen: (canteen) =>
        word({}, ({ canteens }) => {
          canteens.set(canteen.id, canteen);
          withdrawn.delete(canteen.id);
        }),
      withdrawn: ({ canteen }) =>
        word({}, ({ canteens }) => {
          canteens.delete(canteen);
          withdrawn.add(canteen);
        }),
      gap: (gap) => word({}, ({ gaps }) => (loaded && gap.status === 'closed' ? gaps.delete(gap.id) : gaps.set(gap.id, gap))),
      tick: (tick) => word(tick, () => {}),
      lost: end,
    });
    while (!over.aborted) {
      await sleep(secondMs, over);
      if (now() - wordAt > silentAfterMs) end();
    }
    stopListening();
  }

  return {
    view: () => boardView({ ...about, ...contents }, now()),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async run(signal) {
      await Promise.all([letTimePass(signal), stayConnected(signal)]);
    },
  };
}

function empty(): Contents {
  return { canteens: new Map(), gaps: new Map() };
}

function withoutAny(withdrawn: ReadonlySet<string>, canteens: Contents['canteens']): Contents['canteens'] {
  return new Map([...canteens].filter(([id]) => !withdrawn.has(id)));
}

function withoutClosed(gaps: Map<string, Gap>): Map<string, Gap> {
  return new Map([...gaps].filter(([, gap]) => gap.status === 'open'));
}

/** Doubles from 1 s to 30 s; up to half of it is left to chance, so that many pages do not come back at one blow. */
function backOffMs(failures: number, random: () => number): number {
  const whole = Math.min(longestBackOffMs, secondMs * 2 ** (failures - 1));
  return whole * (0.5 + random() / 2);
}
