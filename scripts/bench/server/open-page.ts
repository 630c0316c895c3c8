// What an open page sees of what the gateways tell, and how late.
import type { Gap } from '#contract/gaps.ts';
import { type Latencies, latencies } from './latencies.ts';
import type { Changed, Load } from './load.ts';
import type { Remote } from './remote.ts';
import type { StartedServer } from './started-server.ts';

export interface OpenPage {
  /** How long after it was published each change was seen, and how many never were. */
  close(): Promise<Latencies & { missed: number }>;
}

/** Listens to the server's live events as a browser does. */
export async function openPage({ address, regulator }: StartedServer, load: Remote<Load>): Promise<OpenPage> {
  const closing = new AbortController();
  const response = await fetch(`${address}/api/events`, { signal: closing.signal, headers: { cookie: regulator.cookie } });
  const waiting = new Map<string, number>();
  const late: number[] = [];
  load.listen((told) => {
    const { canteen, device, outcome, at } = told as Changed;
    waiting.set(`${canteen} ${device} ${outcome}`, at);
  });
  const reading = read(response.body, ({ rule, canteen, device, status }) => {
    if (rule !== 'camera-unreachable') return;
    const key = `${canteen} ${device} ${status === 'open' ? 'fault' : 'ok'}`;
    const at = waiting.get(key);
    if (at !== undefined) late.push(Date.now() - at);
    waiting.delete(key);
  }).catch(() => undefined);
  return {
    close: async () => {
      closing.abort();
      await reading;
      return { ...latencies(late), missed: waiting.size };
    },
  };
}

async function read(body: AsyncIterable<Uint8Array> | null, onGap: (gap: Gap) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) if (frame.startsWith('event: gap\n')) onGap(JSON.parse(frame.slice(frame.indexOf('data: ') + 6)));
  }
}
