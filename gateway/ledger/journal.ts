// What the gateway itself saw happen, and when: from stored files alone, a camera that was offline and footage that was removed look the same.
import { type Static, Type } from 'typebox';
import type { Fact, FactOf } from '#contract/facts.ts';
import { HoleCause } from '#contract/footage.ts';
import { jsonFile } from '../json-file.ts';
import type { Log } from '../log.ts';

const closed = { additionalProperties: false };
const Milliseconds = Type.Number({ description: 'since 1970, by our clock' });

const Entry = Type.Object(
  {
    device: Type.String(),
    cause: HoleCause,
    from: Milliseconds,
    to: Type.Optional({ ...Milliseconds, description: 'left out while it lasts' }),
    refused: Type.Optional(Type.Boolean({ description: 'meanwhile the device was there, and its service was not' })),
  },
  closed,
);
export type JournalEntry = Static<typeof Entry>;
const JournalFile = Type.Object({ schemaVersion: Type.Literal(1), entries: Type.Array(Entry) }, closed);

export interface Journal {
  /** Takes in what was seen, in order of time. Never throws: a cause that cannot be kept is no reason to keep a fact back. */
  note(facts: readonly Fact[]): void;
  /** What the gateway knows of itself, without a look; without `to` it lasts until it is closed. Never throws. */
  enter(entry: JournalEntry): void;
  close(device: string, cause: HoleCause, at: number): void;
  /** Of one device, in order of their beginning. */
  of(device: string): JournalEntry[];
}

const rememberedMs = 450 * 86_400_000;
const entriesMax = 20_000;
/** Clocks are put right by seconds all the time. */
const jumpSeconds = 30;
/** A recorder that starts anew is back by then. */
export const restartMs = 900_000;

export interface JournalDeps {
  file: string;
  /** The ids of those devices that are recorders. */
  recorders: ReadonlySet<string>;
  /** The gateway’s own recording, which enters by itself when it stands still. */
  own?: string | undefined;
  log: Log;
}

/** Throws GatewayError `store-unusable`. */
export function createJournal(deps: JournalDeps): Journal {
  const damaged = 'the journal of causes is damaged and was moved aside; holes before now are told without a cause';
  const file = jsonFile(deps.file, { schema: JournalFile, damaged, log: deps.log });
  let entries = file.read()?.entries ?? [];
  const clocks = new Map<string, { offsetSeconds: number; at: number }>();

  const lasting = (device: string, causes: readonly HoleCause[]) =>
    entries.find((entry) => entry.device === device && entry.to === undefined && causes.includes(entry.cause));

  /** The entries with this fact in them; the same array where it changes nothing. */
  const after = (fact: Fact): JournalEntry[] => {
    if (fact.device === deps.own) return entries;
    const at = Date.parse(fact.observedAt);
    switch (fact.check) {
      case 'reachable':
        return afterContact(fact, at);
      case 'storage':
        return afterDisks(fact, at);
      case 'clock':
        return afterClock(fact, at);
      default:
        return entries;
    }
  };

  const afterContact = ({ device, outcome, fault }: FactOf<'reachable'>, at: number) => {
    const cause = deps.recorders.has(device) ? 'recorder-offline' : 'camera-offline';
    const open = lasting(device, [cause]);
    const refused = fault === 'refused' ? { refused: true } : {};
    if (outcome === 'fault' && open === undefined) return [...entries, { device, cause, from: at, ...refused } as const];
    if (outcome === 'fault' && open !== undefined && fault === 'refused') return replaced(open, { ...open, refused: true });
    return outcome === 'ok' && open !== undefined ? replaced(open, ended(open, at)) : entries;
  };

  const afterDisks = ({ device, outcome, fault }: FactOf<'storage'>, at: number) => {
    const open = lasting(device, ['disk']);
    if (fault === 'disk-fault' && open === undefined) return [...entries, { device, cause: 'disk', from: at } as const];
    return outcome === 'ok' && open !== undefined ? replaced(open, { ...open, to: at }) : entries;
  };

  const afterClock = ({ device, outcome, measured }: FactOf<'clock'>, at: number) => {
    // Footage is dated by the clock of whoever keeps it, not by the camera’s.
    if (!deps.recorders.has(device) || outcome !== 'ok' || measured === undefined) return entries;
    const { offsetSeconds } = measured;
    const before = clocks.get(device);
    clocks.set(device, { offsetSeconds, at });
    if (before === undefined || Math.abs(offsetSeconds - before.offsetSeconds) <= jumpSeconds) return entries;
    // A clock set forwards leaves a hole as long as the leap.
    const leapMs = Math.abs(offsetSeconds - before.offsetSeconds) * 1000;
    return [...entries, { device, cause: 'clock-jump', from: before.at - leapMs, to: at + leapMs } as const];
  };

  const replaced = (old: JournalEntry, now: JournalEntry) => entries.map((entry) => (entry === old ? now : entry));

  const write = () => {
    const newest = entries.at(-1)?.from ?? 0;
    entries = entries.filter(({ from, to }) => (to ?? from) > newest - rememberedMs).slice(-entriesMax);
    try {
      file.write({ schemaVersion: 1, entries });
    } catch (err) {
      deps.log.error({ err }, 'the journal of causes cannot be written; after a restart some holes are told without a cause');
    }
  };

  return {
    note(facts) {
      const before = entries;
      for (const fact of facts) entries = after(fact);
      if (entries !== before) write();
    },
    enter(entry) {
      if (entry.to === undefined && lasting(entry.device, [entry.cause]) !== undefined) return;
      entries = [...entries, entry];
      write();
    },
    close(device, cause, at) {
      const open = lasting(device, [cause]);
      if (open === undefined) return;
      entries = replaced(open, { ...open, to: at });
      write();
    },
    of: (device) => entries.filter((entry) => entry.device === device),
  };
}

/** Gone for minutes while its address answered: it started anew. */
function ended(open: JournalEntry, at: number): JournalEntry {
  const isRestart = open.cause === 'recorder-offline' && open.refused === true && at - open.from <= restartMs;
  return { ...open, cause: isRestart ? 'recorder-restart' : open.cause, to: at };
}
