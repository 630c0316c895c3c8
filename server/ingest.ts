// From bytes to stored and acknowledged: gathers what arrives within some milliseconds, takes it in as one transaction, then acknowledges.
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { envelope } from '#contract/envelope.ts';
import { topic } from '#contract/topics.ts';
import type { Publish, UpMessage } from './broker.ts';
import type { Canteens, Intake } from './canteens.ts';
import { ServerError } from './errors.ts';
import { createLastWords } from './last-words.ts';
import type { Meters } from './metrics.ts';
import { createOccasional } from './occasional.ts';
import { readMessage, readPicture, type Telling } from './read-message.ts';
import type { Refused, Watermark } from './stores/commit.ts';
import type { EvidenceStore } from './stores/evidence-store.ts';
import { nothingTaken, type Reading, refusal, type TakenIn, takeIn } from './take-in.ts';
import type { Telemetry } from './telemetry.ts';
import { pointsOf } from './telemetry-points.ts';

export interface Ingest {
  /** Resolves when the message is stored, and so are all that came before it, pictures apart. Rejected with ServerError `overloaded` or `closing`. */
  take(message: UpMessage): Promise<void>;
  /** Publishes every canteen's acknowledgement, retained, for gateways that connect from now on. */
  announceAcks(): Promise<void>;
  /** Publishes those again of which another server knew more; to be called when this one has caught up with all others. */
  correctAcks(): Promise<void>;
  /** Messages that are not stored yet. */
  waiting(): number;
  /** Their bytes. */
  waitingBytes(): number;
  /** Refuses what comes from now on, stores and acknowledges what came before. */
  close(): Promise<void>;
}

interface Waiting {
  message: Telling;
  /** What it holds, where there was time to read it already. */
  items: Reading['items'] | undefined;
  stored: () => void;
  refused: (error: ServerError) => void;
}

/** A batch from when it is gathered. */
interface Storing {
  canteens: ReadonlySet<string>;
  /** It is stored, or is given up; and the one before it is answered. */
  kept: Promise<unknown>;
  answered: Promise<void>;
}

const nothing: Storing = { canteens: new Set(), kept: Promise.resolve(), answered: Promise.resolve() };
const batchBytesMax = 8 * 1024 * 1024;
/** Some ten events. A gateway that was cut off sends hundreds at a time. */
const smallBytesMax = 8 * 1024;
/** Of large messages in one batch: less than a twentieth of a second of work. */
const largeBytesMax = 256 * 1024;
/** Read while others are being stored: some batches, and little beside what waits unread, as read it takes several times the room. */
const readAheadBytesMax = 1024 * 1024;
/** A message of backlog of each of a thousand gateways. */
const waitingBytesMax = 128 * 1024 * 1024;
const retryMs = { first: 100, most: 5_000 };
/** While a picture is tried, nothing else is read from its gateway: what a canteen tells must not wait for a folder that cannot be written. */
const pictureTriesMax = 5;

/** `gatherMs` is how long a message waits for others where nothing is being stored. */
export function createIngest(deps: {
  canteens: Pick<Canteens, 'apply' | 'watermarks'>;
  evidence: Pick<EvidenceStore, 'put'>;
  publish: Publish;
  telemetry: Pick<Telemetry, 'take'>;
  meters?: Meters;
  /** Told when it begins to be unable to store, and when it can again. */
  onAble?: (able: boolean) => void;
  gatherMs?: number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Logger;
  now: () => number;
}): Ingest {
  const { canteens, evidence, publish, telemetry, meters, onAble, gatherMs = 20, sleep, log, now } = deps;
  const words = createLastWords(publish);
  const worthALine = createOccasional();
  const closing = new AbortController();
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let readAheadBytes = 0;
  let running: Promise<void> | undefined;
  const pictures = new Set<Promise<void>>();
  let unable = 0;

  return {
    take: async (message) => {
      if (closing.signal.aborted) throw new ServerError('closing', 'the server is stopping');
      if (waitingBytes + message.payload.length > waitingBytesMax)
        throw new ServerError('overloaded', 'more messages are waiting to be stored than fit in memory');
      waitingBytes += message.payload.length;
      const { kind } = message;
      meters?.received(kind);
      await (kind === 'evidence' ? takePicture(message) : gather({ ...message, kind }));
    },
    announceAcks: async () => {
      for (const mark of canteens.watermarks()) await acknowledge(mark);
    },
    correctAcks: async () => {
      // Under one topic only the newest life of an outbox is acknowledged for good.
      const newest = new Map(canteens.watermarks().map((mark) => [mark.canteen, mark]));
      for (const mark of newest.values()) await words.correct(topic(mark.canteen, 'ack'), gistOf(mark), () => ackOf(mark));
    },
    waiting: () => waiting.length + pictures.size,
    waitingBytes: () => waitingBytes,
    close: async () => {
      closing.abort();
      await Promise.allSettled([running, ...pictures]);
    },
  };

  function gather(message: Telling): Promise<void> {
    return new Promise((stored, refused) => {
      waiting.push({ message, items: readAhead(message), stored, refused });
      running ??= run();
    });
  }

  function readAhead(message: Telling): Reading['items'] | undefined {
    if (readAheadBytes + message.payload.length > readAheadBytesMax) return undefined;
    readAheadBytes += message.payload.length;
    return readMessage(message);
  }

  async function run(): Promise<void> {
    if (!closing.signal.aborted) await pause(gatherMs);
    let before = nothing;
    while (waiting.length > 0) {
      const batch = nextBatch(before.canteens);
      const next = batch.length === 0 ? { ...nothing, answered: before.answered } : store(batch, before);
      await before.kept;
      before = next;
      // What comes meanwhile is stored next.
      if (waiting.length === 0) await before.kept;
      if (waiting.length === 0) await before.answered;
    }
    running = undefined;
  }

  /** Judged while the one before is on its way to the disk, of other canteens, and written right after it. */
  function store(batch: Waiting[], before: Storing): Storing {
    const since = performance.now();
    const readings = batch.map(({ message, items }) => ({ message, items: items ?? readMessage(message) }));
    const canteens = new Set(batch.map(({ message }) => message.canteen));
    const taken = keep({ canteens, takeIn: (known) => takeIn(readings, known) });
    const kept = Promise.all([taken, before.answered]);
    return { canteens, kept, answered: kept.then(([all]) => answer(batch, all, since)) };
  }

  /**
   * What is small first, and of what is large only so much that what happens now does not wait for a backlog; each canteen's in their order, and nothing of
   * those something is `being` stored of.
   */
  function nextBatch(being: ReadonlySet<string>): Waiting[] {
    const batch: Waiting[] = [];
    const left: Waiting[] = [];
    const leftOf = new Set(being);
    const room = { all: batchBytesMax, large: largeBytesMax };
    for (const next of waiting) {
      const { items, message } = next;
      const { canteen, payload } = message;
      const isLarge = payload.length > smallBytesMax;
      if (leftOf.has(canteen) || room.all <= 0 || (isLarge && room.large <= 0)) {
        left.push(next);
        leftOf.add(canteen);
        continue;
      }
      batch.push(next);
      room.all -= payload.length;
      if (isLarge) room.large -= payload.length;
      waitingBytes -= payload.length;
      if (items !== undefined) readAheadBytes -= payload.length;
    }
    waiting = left;
    return batch;
  }

  /** At the next turn of the event loop: by then the next batch is on its way to the disk, which would have nothing to do meanwhile. */
  async function answer(batch: Waiting[], taken: TakenIn | ServerError, since: number): Promise<void> {
    await setImmediate();
    if (taken instanceof ServerError) {
      for (const { refused } of batch) refused(taken);
      return;
    }
    await Promise.all(taken.touched.map(acknowledge));
    const points = taken.told.flatMap(pointsOf);
    telemetry.take(points);
    meters?.stored({
      seconds: (performance.now() - since) / 1000,
      types: taken.events.map(({ event }) => event.type),
      waitedMs: batch.map(({ message }) => now() - message.receivedAt),
      points: points.length,
    });
    for (const { stored } of batch) stored();
  }

  /** Tries until it works; gives the error up to the senders only when the server is stopping. */
  async function keep(intake: Intake): Promise<TakenIn | ServerError> {
    let failing = false;
    for (let wait = retryMs.first; ; wait = Math.min(wait * 2, retryMs.most)) {
      try {
        const taken = await canteens.apply(intake);
        if (failing) log.info('events can be stored again');
        if (failing && --unable === 0) onAble?.(true);
        tellRefused(taken.refused);
        return taken;
      } catch (err) {
        if (!failing) log.error({ err }, 'events cannot be stored; nothing is acknowledged until they can');
        if (!failing && ++unable === 1) onAble?.(false);
        failing = true;
        if (closing.signal.aborted) return stopping(err);
        await pause(wait);
      }
    }
  }

  /** Each by itself, so that one that cannot be written holds up nobody else. */
  async function takePicture(message: UpMessage): Promise<void> {
    const taken = storePicture(message);
    pictures.add(taken);
    try {
      await taken;
    } finally {
      pictures.delete(taken);
      waitingBytes -= message.payload.length;
    }
  }

  async function storePicture(message: UpMessage): Promise<void> {
    const reason = await putPicture(message);
    if (reason === undefined) return;
    const kept = await keep({ canteens: [], takeIn: () => ({ ...nothingTaken, refused: [refusal(message, reason, '')] }) });
    if (kept instanceof ServerError) throw kept;
  }

  /** Gives why it is refused, if it is. What might be taken another time is not answered: its gateway keeps it. */
  async function putPicture(message: UpMessage): Promise<string | undefined> {
    const { canteen } = message;
    const picture = readPicture(message);
    if (picture.kind === 'malformed') return picture.reason;
    for (let tries = 1, wait = retryMs.first; ; tries++, wait *= 2) {
      try {
        const put = await evidence.put({ canteen, sha256: picture.sha256 }, picture.bytes);
        if (put === 'made-room') tellRoomMade(canteen);
        await tellStored(canteen, picture.sha256);
        return undefined;
      } catch (err) {
        if (closing.signal.aborted) throw stopping(err);
        if (tries === pictureTriesMax) {
          const count = worthALine(`${canteen} picture`);
          if (count !== undefined) log.error({ err, canteen, count }, 'a picture could not be stored and is refused');
          return 'the picture could not be stored';
        }
        await pause(wait);
      }
    }
  }

  function tellRoomMade(canteen: string): void {
    const count = worthALine(`${canteen} room`);
    if (count !== undefined) log.warn({ canteen, count }, 'its pictures take all the room they may: the oldest are forgotten for new ones');
  }

  function tellRefused(refused: Refused[]): void {
    if (refused.length > 0) meters?.quarantined(refused.length);
    for (const { canteen, topic: name, reason } of refused) {
      const count = worthALine(`${canteen} ${reason}`);
      if (count !== undefined) log.warn({ canteen, topic: name, reason, count }, 'a malformed message was put in quarantine');
    }
  }

  /** Not retained: what is stored today may be forgotten, and sent anew, in a year. A gateway that does not hear it sends the picture again. */
  async function tellStored(canteen: string, sha256: string): Promise<void> {
    await publish(topic(canteen, 'stored'), said('cn.mingzao.stored.v1', { pictures: [sha256] }), { retain: false });
  }

  async function acknowledge(mark: Watermark): Promise<void> {
    await words.say(topic(mark.canteen, 'ack'), gistOf(mark), ackOf(mark));
  }

  function ackOf({ epoch, through }: Watermark) {
    return said('cn.mingzao.ack.v1', { epoch, sequence: through });
  }

  function said<Name extends string, Data>(type: Name, data: Data) {
    const about = { id: crypto.randomUUID(), source: 'mingzao/server', time: new Date(now()).toISOString() };
    return envelope(type, { ...about, data: { schemaVersion: 1 as const, ...data } });
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, closing.signal).catch(() => undefined);
  }
}

function gistOf({ epoch, through }: Watermark): string {
  return `${epoch} ${through}`;
}

function stopping(cause: unknown): ServerError {
  return new ServerError('closing', 'the server is stopping and cannot store', { cause });
}
