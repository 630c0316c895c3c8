// One stream of server-sent events for each page that is open: everything first, then what changes, and a tick so that silence shows.
import { Readable } from 'node:stream';
import type { LiveEvents } from '#contract/views.ts';
import type { Canteens } from '../canteens.ts';
import { ServerError } from '../errors.ts';
import type { Caller } from '../identity/caller.ts';
import type { Place } from '../identity/reach.ts';
import type { Sessions } from '../identity/sessions.ts';
import { networkOf } from '../identity/sign-in-pace.ts';
import type { Change, Live } from '../live.ts';

export interface EventStreams {
  /**
   * What the caller may see, and for as long as the caller still may. Throws ServerError `overloaded` where too many pages are open, at the
   * caller's address or in all.
   */
  open(caller: Caller): Readable;
  count(): number;
  /** Ends them all. */
  close(): void;
}

const streamsMax = 500;
/** One address must not take them all. */
const streamsOfAddressMax = 100;
/** A page that lags behind by more than this is cut off; it connects again and gets everything anew. */
const lagBytesMax = 1024 * 1024;

export function createEventStreams(deps: {
  canteens: Canteens;
  live: Live;
  sessions: Pick<Sessions, 'onChange'>;
  tickMs: number;
  now: () => number;
}): EventStreams {
  const { canteens, live, sessions, tickMs, now } = deps;
  const streams = new Map<Readable, { caller: Caller; bytesMax: number }>();
  const stopListening = live.listen((change) => sendAll(frame(change.event, change.data), placeOf(change)));
  const stopWatching = sessions.onChange((person) => void endStrangers(({ who }) => who?.person.id === person));
  const ticking = setInterval(() => {
    sendAll(frame('tick', { at: new Date(now()).toISOString() }));
    // Sessions run out, and another server may have heard what this one did not.
    void endStrangers(() => true);
  }, tickMs).unref();

  return {
    open: (caller) => {
      const ofAddress = [...streams.values()].filter((stream) => networkOf(stream.caller.from) === networkOf(caller.from)).length;
      if (ofAddress >= streamsOfAddressMax)
        throw new ServerError('overloaded', `already ${streamsOfAddressMax} pages are open at this address; close some`);
      if (streams.size >= streamsMax) throw new ServerError('overloaded', `already ${streamsMax} pages are open; close some`);
      const seen = canteens.all(now()).filter(({ identity }) => caller.reach.has(identity));
      const everything = seen.map(({ summary }) => frame('canteen', summary));
      const first = Buffer.from(['retry: 2000\n\n', ...everything, frame('tick', { at: new Date(now()).toISOString() })].join(''));
      const stream = new Readable({ read: () => undefined });
      streams.set(stream, { caller, bytesMax: first.length + lagBytesMax });
      stream.once('close', () => streams.delete(stream));
      stream.push(first);
      return stream;
    },
    count: () => streams.size,
    close: () => {
      stopListening();
      stopWatching();
      clearInterval(ticking);
      for (const stream of streams.keys()) stream.push(null);
    },
  };

  /** To those who may see the place it is about, or to all where it is about none. */
  function sendAll(text: string, place?: Place): void {
    for (const [stream, { caller, bytesMax }] of streams) {
      if (place !== undefined && !caller.reach.has(place)) continue;
      stream.push(text);
      if (stream.readableLength > bytesMax) stream.destroy();
    }
  }

  /** Of one that is not there any longer only the id is known. */
  function placeOf({ event, data }: Change): Place {
    if (event === 'canteen') return data;
    return canteens.find(data.canteen, now())?.identity ?? { id: data.canteen, district: '' };
  }

  async function endStrangers(meant: (caller: Caller) => boolean): Promise<void> {
    for (const [stream, { caller }] of streams) {
      if (!meant(caller)) continue;
      // Where that cannot be found out at present, what it was counts on.
      const isStill = await caller.isStill().catch(() => true);
      if (!isStill && streams.delete(stream)) stream.push(null);
    }
  }
}

function frame(event: keyof typeof LiveEvents, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
