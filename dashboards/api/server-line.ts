// The way to the server: its interface under /api as typed requests and events; the only place where bytes become views.
import type { Gap } from '#contract/gaps.ts';
import type { Standard } from '#contract/standard.ts';
import type { Board, CanteenSummary, CanteenView, History } from '#contract/views.ts';

const requestTimeoutMs = 10_000;

/** What of a browser's EventSource is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void;
  close(): void;
}

export interface ServerLineDeps {
  fetch: (
    path: string,
    init: { signal: AbortSignal; headers: Record<string, string> },
  ) => Promise<Pick<Response, 'ok' | 'status' | 'json'>>;
  openEvents: (path: string) => EventStream;
}

export interface LineListener {
  /** The stream is open: whatever changes from now on is told. */
  open: () => void;
  canteen: (canteen: CanteenSummary) => void;
  gap: (gap: Gap) => void;
  /** The canteen is supervised no longer. */
  withdrawn: (about: { canteen: string }) => void;
  tick: (tick: { at: string }) => void;
  /** The stream broke. Nothing more comes; whoever listens decides when to try again. */
  lost: () => void;
}

/** Requests reject with LineError when the server does not answer within 10 s, or not with success. */
export interface ServerLine {
  board(signal: AbortSignal): Promise<Board>;
  openGaps(signal: AbortSignal): Promise<{ at: string; gaps: Gap[] }>;
  canteen(id: string, signal: AbortSignal): Promise<CanteenView>;
  /** What each check told from `from` (ISO 8601) until now. */
  history(about: { id: string; from: string }, signal: AbortSignal): Promise<History>;
  standards(signal: AbortSignal): Promise<{ standards: Standard[] }>;
  /** Opens the event stream; the returned function closes it, after which nothing more is told. */
  listen(listener: LineListener): () => void;
}

/** The server did not answer as agreed. */
export class LineError extends Error {
  override name = 'LineError';
}

export function createServerLine({ fetch, openEvents }: ServerLineDeps): ServerLine {
  // The server checks what it sends against these very types, so here they are taken at its word.
  async function get<View>(path: string, signal: AbortSignal): Promise<View> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
    const response = await fetch(path, { signal: deadline, headers: { accept: 'application/json' } });
    if (!response.ok) throw new LineError(`GET ${path}: the server answered with status ${response.status}`);
    return (await response.json()) as View;
  }

  return {
    board: (signal) => get<Board>('/api/canteens', signal),
    openGaps: (signal) => get<{ at: string; gaps: Gap[] }>('/api/gaps?status=open', signal),
    canteen: (id, signal) => get<CanteenView>(`/api/canteens/${encodeURIComponent(id)}`, signal),
    history: ({ id, from }, signal) =>
      get<History>(`/api/canteens/${encodeURIComponent(id)}/history?from=${encodeURIComponent(from)}`, signal),
    standards: (signal) => get<{ standards: Standard[] }>('/api/standards', signal),
    listen(listener) {
      const stream = openEvents('/api/events');
      const close = () => stream.close();
      const on = <Data>(type: string, tell: (data: Data) => void) =>
        stream.addEventListener(type, ({ data }) => tell(JSON.parse(String(data)) as Data));
      stream.addEventListener('open', listener.open);
      on('canteen', listener.canteen);
      on('gap', listener.gap);
      on('withdrawn', listener.withdrawn);
      on('tick', listener.tick);
      stream.addEventListener('error', () => {
        // A browser would try again by itself, without asking for what was missed.
        close();
        listener.lost();
      });
      return close;
    },
  };
}
