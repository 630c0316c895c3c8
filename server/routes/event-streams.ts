// One stream of server-sent events for each page that is open: everything first, then what changes, and a tick so that silence shows.
import { Readable } from 'node:stream';
import type { LiveEvents } from '#contract/views.ts';
import type { Canteens } from '../canteens.ts';
import { ServerError } from '../errors.ts';
import type { Live } from '../live.ts';

export interface EventStreams {
  /** `from` is the address of the page. Throws ServerError `overloaded` where too many pages are open, there or in all. */
  open(from: string): Readable;
  count(): number;
  /** Ends them all. */
  close(): void;
}

const streamsMax = 500;
/** One address must not take them all. */
const streamsOfAddressMax = 100;
/** A page that lags behind by more than this is cut off; it connects again and gets everything anew. */
const lagBytesMax = 1024 * 1024;

export function createEventStreams(deps: { canteens: Canteens; live: Live; tickMs: number; now: () => number }): EventStreams {
  const { canteens, live, tickMs, now } = deps;
  const streams = new Map<Readable, { bytesMax: number; from: string }>();
  const stopListening = live.listen(({ event, data }) => sendAll(frame(event, data)));
  const ticking = setInterval(() => sendAll(frame('tick', { at: new Date(now()).toISOString() })), tickMs).unref();

  return {
    open: (from) => {
      const ofAddress = [...streams.values()].filter((stream) => stream.from === from).length;
      if (ofAddress >= streamsOfAddressMax)
        throw new ServerError('overloaded', `already ${streamsOfAddressMax} pages are open at this address; close some`);
      if (streams.size >= streamsMax) throw new ServerError('overloaded', `already ${streamsMax} pages are open; close some`);
      const everything = canteens.all(now()).map(({ summary }) => frame('canteen', summary));
      const first = Buffer.from(['retry: 2000\n\n', ...everything, frame('tick', { at: new Date(now()).toISOString() })].join(''));
      const stream = new Readable({ read: () => undefined });
      streams.set(stream, { bytesMax: first.length + lagBytesMax, from });
      stream.once('close', () => streams.delete(stream));
      stream.push(first);
      return stream;
    },
    count: () => streams.size,
    close: () => {
      stopListening();
      clearInterval(ticking);
      for (const stream of streams.keys()) stream.push(null);
    },
  };

  function sendAll(text: string): void {
    for (const [stream, { bytesMax }] of streams) {
      stream.push(text);
      if (stream.readableLength > bytesMax) stream.destroy();
    }
  }
}

function frame(event: keyof typeof LiveEvents, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
