// What the server has not yet acknowledged: on disk before it is sent, bounded, and whatever had to be dropped is told.
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { envelope, type OutboxDataOf, type OutboxEvent, type OutboxEventType } from '#contract/envelope.ts';
import type { Loss } from '#contract/gateway-health.ts';
import { GatewayError } from './errors.ts';
import { createFullDisk } from './full-disk.ts';
import type { Log } from './log.ts';
import { inTransaction, isDiskFull, openStoreFile } from './store-file.ts';

/** One thing to be told. */
export type Entry = { [Name in OutboxEventType]: { type: Name; data: OutboxDataOf<Name> } }[OutboxEventType];

export interface Outbox {
  /** Names this life of the file; sequences count from 1 within it, without a hole. */
  readonly epoch: string;
  /** On the disk when it returns: all or none. Throws GatewayError `disk-full` where not even dropping the oldest made room. */
  append(entries: Entry[]): void;
  /** What waits after `sequence`, oldest first: at most `limit` events and some 256 KiB, but at least one if any waits. */
  pending(after: number, limit: number): OutboxEvent[];
  /** The same, but of every check, layout and so on only the newest: the present state. */
  newest(after: number, limit: number): OutboxEvent[];
  /** Forgets everything up to and including the sequence. Only for an acknowledgement of this epoch. */
  acknowledge(sequence: number): void;
  /**
   * The server has no more than up to `sequence`, though it had acknowledged further (it was set up anew, or restored from a copy):
   * what is forgotten here meanwhile is told as a loss, for otherwise the server would wait for it for ever. False: it is not behind.
   */
  tellForgotten(sequence: number): boolean;
  /** `dropped` counts since the file was opened; `full` while the disk takes no more than what the oldest leave. */
  health(): { waiting: number; dropped: number; oldest?: string; full?: boolean };
  close(): void;
}

export interface OutboxDeps {
  file: string;
  canteen: string;
  /** At least 10. */
  maxEvents: number;
  /** Of the file. */
  maxBytes: number;
  now: () => number;
  log: Log;
}

/** Dropping makes room for this share of the whole, so that a full outbox does not lose and tell one event at a time. */
const dropShare = 1 / 100;
/** One MQTT message stays below this many bytes, unless a single event is larger. */
const batchBytes = 256 * 1024;

/** `newest` names, of each type and subject, the newest event that waits. AUTOINCREMENT: a sequence is never given twice. */
const schema = `
  create table if not exists life (epoch text not null) strict;
  create table if not exists events (
    sequence integer primary key autoincrement, type text not null, time text not null, data text not null
  ) strict;
  create table if not exists newest (
    type text not null, subject text not null, sequence integer not null, primary key (type, subject)
  ) strict, without rowid;
  create index if not exists newest_sequence on newest (sequence);
`;

/** Throws GatewayError `store-unusable` where the file cannot be used; a damaged one is moved aside and a new epoch begun. */
export function createOutbox({ file, canteen, maxEvents, maxBytes, now, log }: OutboxDeps): Outbox {
  const database = openStoreFile(file, { schema, maxBytes, now, log });
  const epoch = epochOf(database);
  const rows = createRows(database);
  const disk = createFullDisk({ database, file, maxBytes, now, log });
  let dropped = 0;

  const insert = (entry: Entry) => rows.insert({ ...entry, subject: subjectOf(entry), time: new Date(now()).toISOString() });

  /** Forgets the oldest `count` and leaves one loss in their place, which takes over the losses told among them. */
  const drop = (count: number, reason: Loss['reason']): Dropped => {
    const first = rows.first();
    const to = first + count - 1;
    const from = rows.earliestLoss(to) ?? first;
    rows.forget(to);
    insert({ type: 'cn.mingzao.loss.v1', data: { schemaVersion: 1, from, to, reason } });
    return { from, to, count, reason };
  };

  const insertAll = (entries: Entry[]): Dropped[] => {
    for (const entry of entries) insert(entry);
    const excess = rows.waiting() - maxEvents;
    return excess > 0 ? [drop(excess + Math.ceil(maxEvents * dropShare), 'outbox-full')] : [];
  };

  const makeRoomAndInsert = (entries: Entry[], share: number): Dropped[] => {
    const count = Math.min(rows.waiting(), entries.length + Math.ceil(rows.waiting() * share));
    return [...(count > 0 ? [drop(count, 'disk-full')] : []), ...insertAll(entries)];
  };

  /** Counted and told only when it has come true. */
  const change = (work: () => Dropped[]) => {
    let gone: Dropped[] = [];
    inTransaction(database, () => {
      gone = work();
    });
    for (const { count, ...about } of gone) {
      dropped += count;
      log.error(about, 'the outbox had to drop events that were never acknowledged');
    }
  };

  /** Drops no more than it must. Throws where not even dropping all of them helps. */
  const insertInTheirPlace = (entries: Entry[]) => {
    for (let share = dropShare; ; share *= 4) {
      try {
        return change(() => makeRoomAndInsert(entries, share));
      } catch (error) {
        if (!isDiskFull(error) || share >= 1) throw error;
      }
    }
  };

  /** Throws GatewayError `disk-full` where nothing helps. */
  const store = (entries: Entry[]) => {
    try {
      change(() => insertAll(entries));
      disk.passed();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      try {
        disk.meet();
        insertInTheirPlace(entries);
      } catch (cause) {
        if (!isDiskFull(cause)) throw cause;
        throw new GatewayError(
          'disk-full',
          `${file}: the disk, or what the outbox may take of it, is full and nothing more can be stored`,
          {
            cause,
          },
        );
      }
    }
  };

  const toEvent = (row: Row): OutboxEvent => {
    const about = { id: `${epoch}-${row.sequence}`, source: sourceOf(canteen), time: row.time, data: JSON.parse(row.data) };
    return { ...envelope(row.type, about), epoch, sequence: row.sequence } as OutboxEvent; // we stored it ourselves, from an Entry
  };

  return {
    epoch,
    append: store,
    pending: (after, limit) => oneMessage(rows.pending(after, limit)).map(toEvent),
    newest: (after, limit) => oneMessage(rows.newest(after, limit)).map(toEvent),
    acknowledge(sequence) {
      try {
        inTransaction(database, () => rows.forget(sequence));
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        disk.meet();
        inTransaction(database, () => rows.forget(sequence));
      }
    },
    tellForgotten(sequence) {
      const to = rows.first() - 1;
      if (sequence >= to) return false;
      const data = { schemaVersion: 1 as const, from: sequence + 1, to, reason: 'unreadable' as const };
      store([{ type: 'cn.mingzao.loss.v1', data }]);
      log.warn({ from: data.from, to }, 'the server no longer has what it had acknowledged');
      return true;
    },
    health() {
      const oldest = rows.oldestTime();
      return { waiting: rows.waiting(), dropped, ...(oldest !== undefined && { oldest }), ...(disk.isFull() && { full: true }) };
    },
    close: () => database.close(),
  };
}

/** The CloudEvents source of everything one gateway says. */
export function sourceOf(canteen: string): string {
  return `/canteens/${canteen}/gateway`;
}

/** Of what is told about one subject, only the newest is the present state. */
function subjectOf(entry: Entry): string {
  switch (entry.type) {
    case 'cn.mingzao.fact.v1':
      return `${entry.data.device}/${entry.data.check}`;
    case 'cn.mingzao.reply.v1':
      return entry.data.command;
    case 'cn.mingzao.loss.v1':
      return String(entry.data.to);
    case 'cn.mingzao.layout.v1':
      return '';
  }
}

function epochOf(database: DatabaseSync): string {
  const known = database.prepare('select epoch from life').get()?.epoch;
  if (typeof known === 'string') return known;
  const epoch = randomUUID();
  database.prepare('insert into life (epoch) values (?)').run(epoch);
  return epoch;
}

interface Dropped extends Pick<Loss, 'from' | 'to' | 'reason'> {
  count: number;
}

interface Row {
  sequence: number;
  type: OutboxEventType;
  time: string;
  data: string;
}

function oneMessage(rows: Iterable<Row>): Row[] {
  const batch: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(row.data);
    if (batch.length > 0 && bytes > batchBytes) break;
    batch.push(row);
  }
  return batch;
}

/** The statements on the outbox's tables. */
function createRows(database: DatabaseSync) {
  const insert = database.prepare('insert into events (type, time, data) values (?, ?, ?)');
  const setNewest = database.prepare('insert or replace into newest (type, subject, sequence) values (?, ?, ?)');
  const ends = database.prepare('select min(sequence) as first, max(sequence) as last from events');
  const lastGiven = database.prepare("select seq from sqlite_sequence where name = 'events'");
  const oldest = database.prepare('select time from events order by sequence limit 1');
  const forget = database.prepare('delete from events where sequence <= ?');
  const forgetNewest = database.prepare('delete from newest where sequence <= ?');
  const earliestLoss = database.prepare(
    `select min(data ->> 'from') as start from events where type = 'cn.mingzao.loss.v1' and sequence <= ?`,
  );
  const pending = database.prepare('select sequence, type, time, data from events where sequence > ? order by sequence limit ?');
  const newest = database.prepare(
    'select e.sequence, e.type, e.time, e.data from newest n join events e using (sequence) where n.sequence > ? order by n.sequence limit ?',
  );

  return {
    insert(entry: Entry & { subject: string; time: string }) {
      const { lastInsertRowid } = insert.run(entry.type, entry.time, JSON.stringify(entry.data));
      setNewest.run(entry.type, entry.subject, lastInsertRowid);
    },
    forget(upTo: number) {
      forget.run(upTo);
      forgetNewest.run(upTo);
    },
    /** The oldest that waits, or the next one to come. */
    first: () => Number(ends.get()?.first ?? Number(lastGiven.get()?.seq ?? 0) + 1),
    /** Only the oldest are ever deleted, so what waits has no hole in it. */
    waiting() {
      const { first, last } = ends.get() ?? {};
      return typeof first === 'number' && typeof last === 'number' ? last - first + 1 : 0;
    },
    oldestTime() {
      const time = oldest.get()?.time;
      return typeof time === 'string' ? time : undefined;
    },
    earliestLoss(upTo: number) {
      const start = earliestLoss.get(upTo)?.start;
      return typeof start === 'number' ? start : undefined;
    },
    pending: (after: number, limit: number) => pending.iterate(after, limit) as unknown as Iterable<Row>,
    newest: (after: number, limit: number) => newest.iterate(after, limit) as unknown as Iterable<Row>,
  };
}
