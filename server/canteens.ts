// Holds every canteen's state and verdict, and is the one way both change: fold what was told, judge, store, announce.
import type { Logger } from 'pino';
import { envelope } from '#contract/envelope.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Standard } from '#contract/standard.ts';
import { topic } from '#contract/topics.ts';
import { asSeenAt, createAttendance, type Moment } from './attendance.ts';
import type { Publish } from './broker.ts';
import type { CanteenIdentity } from './compliance/assess.ts';
import { fold } from './compliance/fold.ts';
import { endedSpans, type ToldSpan } from './compliance/history.ts';
import { type CanteenState, newCanteen } from './compliance/state.ts';
import { createJudges, type Judged, type Standing, type Unjudged } from './judging.ts';
import { createLastWords } from './last-words.ts';
import type { Live } from './live.ts';
import { createNews } from './news.ts';
import { epochsKept, type Watermark } from './stores/commit.ts';
import type { Decision, Held, StateStore } from './stores/state-store.ts';
import { type KnownMark, nothingTaken, type TakenIn } from './take-in.ts';
import { createTurns } from './turns.ts';

/** What is to be taken in together, in one transaction. */
export interface Intake {
  /** The canteens it is about. They are judged anew, and nobody else changes them meanwhile. */
  canteens: Iterable<string>;
  /** Says what is new of it, where so much is accounted for already; may be asked again. Left out, only time has passed. */
  takeIn?: (known: KnownMark) => TakenIn;
}

export interface Canteens {
  ids(): string[];
  /** As of `now`: a verdict that has not been renewed in time is judged again before it is shown. */
  all(now: number): Standing[];
  find(id: string, now: number): Standing | undefined;
  /** What is accounted for of every outbox. */
  watermarks(): Watermark[];
  /** One at a time of each canteen. When the promise is rejected nothing has changed, neither in memory nor in the store. */
  apply(intake: Intake): Promise<TakenIn>;
  /** Judges every canteen anew for the pages; what that opens and closes is stored where this server is `leading`, the one that does so. */
  passTime(about: { leading: boolean }): Promise<void>;
  /** Reads what another server has changed of these canteens, or of any. */
  catchUp(ids?: string[]): Promise<void>;
  /** Whether the last change could be stored. */
  storing(): boolean;
  /** Looks after one more canteen from now on. */
  supervise(identity: CanteenIdentity): Promise<void>;
  /** Looks after it no longer: its open gaps are closed. */
  release(id: string): Promise<void>;
  /** Publishes what is open at every canteen, retained, for gateways that connect from now on. */
  announceGaps(): Promise<void>;
  /** Publishes it again where another server knew more when this one last did; to be called when it has caught up with all others. */
  correctGaps(): Promise<void>;
}

/** What is in memory of a canteen: `state`, `open` and `marks` as they were stored at `version`. */
interface Kept extends Judged {
  version: number;
  /** One for each life of its outbox, those heard of last at the end. */
  marks: Watermark[];
}

/** What is to become of the canteens, once it is stored. */
interface Change {
  taken: TakenIn;
  decision: Decision;
  /** `told`: the gaps the pages have to hear of, those changed by other servers as well; `changed`: those changed here. */
  canteens: { judged: Judged; marks: Watermark[]; told: Gap[]; changed: Gap[] }[];
}

/** Restores what the store holds and judges every canteen once. Throws what the store throws. */
export async function openCanteens(deps: {
  identities: CanteenIdentity[];
  standard: Standard;
  store: Pick<StateStore, 'change' | 'newer' | 'canteens'>;
  live: Live;
  publish: Publish;
  /** Where nothing could be taken in for so long, the server itself was away (asleep, blocked, without a disk): that silence is nobody's fault. */
  awayAfterMs: number;
  /** No other server uses the store. */
  alone?: boolean;
  log: Logger;
  now: () => number;
}): Promise<Canteens> {
  const { standard, store, live, publish, awayAfterMs, alone = true, log, now } = deps;
  const words = createLastWords(publish);
  const attendance = createAttendance({ awayAfterMs, alone, now });
  const identities = new Map(deps.identities.map((identity) => [identity.id, identity]));
  const standings = new Map<string, Kept>();
  const { judge, ...judges } = createJudges({ standard, log });
  const news = createNews(live);
  const turns = createTurns();
  let storing = true;
  const known = (id: string) => standings.get(id);

  await apply({ canteens: [...identities.keys(), ...(await store.canteens())] });
  return {
    ids: () => [...standings.keys()],
    all: (at) => [...standings.values()].map((standing) => current(standing, at)),
    find: (id, at) => {
      const standing = standings.get(id);
      return standing === undefined ? undefined : current(standing, at);
    },
    watermarks: () => [...standings.values()].flatMap(({ marks }) => marks),
    apply: async (intake) => (await applyBesideOthers(intake)) ?? storeAlone(() => apply(intake)),
    passTime: ({ leading }) =>
      storeAlone(async () => {
        const due = judgeAnew();
        await apply({ canteens: leading ? due : [] });
      }),
    catchUp: (ids) => turns.alone(() => catchUp(ids ?? [...identities.keys()])),
    supervise: (identity) => storeAlone(() => supervise(identity)),
    release: (id) => storeAlone(() => release(id)),
    storing: () => storing,
    announceGaps: async () => {
      for (const standing of standings.values()) await publishGaps(standing);
    },
    correctGaps: async () => {
      for (const standing of standings.values()) {
        const [name, gist, message] = gapsMessage(standing);
        await words.correct(name, gist, message);
      }
    },
  };

  function storeAlone<Result>(change: () => Promise<Result>): Promise<Result> {
    return turns.alone(() => watched(change));
  }

  /** A database may still be read that cannot be written, and the other way round: only a change tells whether there can be one. */
  async function watched<Result>(change: () => Promise<Result>): Promise<Result> {
    try {
      const changed = await change();
      storing = true;
      return changed;
    } catch (error) {
      storing = false;
      throw error;
    }
  }

  async function supervise(identity: CanteenIdentity): Promise<void> {
    const { id } = identity;
    identities.set(id, identity);
    try {
      await apply({ canteens: [id] });
    } catch (error) {
      identities.delete(id);
      throw error;
    }
    const standing = standings.get(id);
    if (standing !== undefined) await publishGaps(standing);
  }

  async function release(id: string): Promise<void> {
    let gaps: Gap[] = [];
    await store.change({ canteens: [id], known }, ({ newer }) => {
      const at = now();
      const { open = [] } = newer[0] ?? standings.get(id) ?? {};
      gaps = open.map((gap) => withdrawn(gap, at));
      return { events: [], watermarks: [], refused: [], states: [], history: [], gaps, at, attended: false };
    });
    news.forget(id, gaps);
    identities.delete(id);
    standings.delete(id);
    judges.forget(id);
  }

  /** What comes of some canteens is judged while that of others is on its way to the disk. Undefined where that cannot be: then nothing is done yet. */
  async function applyBesideOthers(intake: Intake): Promise<TakenIn | undefined> {
    if (!alone) return undefined;
    return turns.about(intake.canteens, () => watched(async () => (concernsEveryone() ? undefined : change(intake, { everyone: false }))));
  }

  async function apply(intake: Intake): Promise<TakenIn> {
    for (let everyone = concernsEveryone(); ; everyone = true) {
      const taken = await change(intake, { everyone });
      if (taken !== undefined) return taken;
    }
  }

  /** Where the servers were away every canteen is concerned, whatever the intake is about. */
  function concernsEveryone(): boolean {
    return !attendance.hasBegun() || attendance.moment().moved;
  }

  /** Undefined: every canteen is concerned, and these are not all; nothing is changed. */
  async function change(intake: Intake, { everyone }: { everyone: boolean }): Promise<TakenIn | undefined> {
    const canteens = everyone ? [...identities.keys(), ...intake.canteens] : intake.canteens;
    let decided: Change | undefined;
    const versions = await store.change({ canteens, known, attendance: everyone }, (held) => {
      decided = decide(intake, held, everyone);
      return decided?.decision;
    });
    if (decided === undefined || versions === undefined) return undefined;
    attendance.note(decided.decision.at, decided.decision.attended);
    await remember(decided, versions);
    return decided.taken;
  }

  /** Changes nothing: the store may yet fail. */
  function decide({ canteens, takeIn = () => nothingTaken }: Intake, held: Held, everyone: boolean): Change | undefined {
    const { newer } = held;
    const isFirst = !attendance.hasBegun();
    const moment = everyone ? attendance.momentHeld(held) : attendance.moment();
    const { at, last, moved } = moment;
    if (moved && !everyone) return undefined;
    if (moved && !isFirst) log.warn({ byMs: at - last }, 'the server was away, or its clock was set: silence counts from now');
    if (isFirst && at < last) log.warn({ setBackMs: last - at }, 'the clock is behind what it was when the server last ran');
    const stored = new Map(newer.map((canteen) => [canteen.canteen, canteen]));
    const marksOf = (id: string) => stored.get(id)?.watermarks ?? standings.get(id)?.marks ?? [];
    const taken = takeIn((id, epoch) => marksOf(id).find((mark) => mark.epoch === epoch));
    const toldOf = Map.groupBy(taken.told, ({ canteen }) => canteen);
    const newMarksOf = Map.groupBy(taken.watermarks, ({ canteen }) => canteen);
    const history: ToldSpan[] = [];
    const changes = [...new Set(moved ? identities.keys() : canteens)].flatMap((id) => {
      const identity = identities.get(id);
      if (identity === undefined) return [];
      const { state: before, open = [] } = stored.get(id) ?? standings.get(id) ?? {};
      // What it did not tell while nobody looked after it is not held against it either.
      const isNew = !isFirst && !standings.has(id);
      const seen = before === undefined ? newCanteen(id, at) : asSeenAt(before, { ...moment, moved: moved || isNew });
      const state = foldAll(seen, toldOf.get(id) ?? [], { at, history });
      const { judged, changed } = judge({ identity, state, open }, at);
      const told = [...(stored.get(id)?.changed ?? []), ...changed];
      return [{ before, judged, told, changed, marks: withNewest(marksOf(id), newMarksOf.get(id) ?? []) }];
    });
    const orphaned = isFirst ? newer.filter(({ canteen }) => !identities.has(canteen)).flatMap(({ open }) => open) : [];
    const { events, watermarks, refused } = taken;
    const decision = {
      ...{ at, attended: attendance.isDue(at) },
      ...{ events, watermarks, refused, history },
      states: changes.map(({ before, judged }) => ({ before, after: judged.state })),
      gaps: [...changes.flatMap(({ changed }) => changed), ...orphaned.map((gap) => withdrawn(gap, at))],
    };
    return { taken, decision, canteens: changes };
  }

  async function remember({ canteens }: Change, versions: ReadonlyMap<string, number>): Promise<void> {
    const before = new Map(standings);
    for (const { judged, marks } of canteens) {
      const { id } = judged.identity;
      standings.set(id, { ...judged, marks, version: versions.get(id) ?? 0 });
    }
    for (const { judged, told, changed } of canteens) {
      news.tell(before.get(judged.identity.id)?.summary, judged.summary, told);
      if (changed.length > 0) await publishGaps(judged);
    }
  }

  /** Gives the canteens whose gaps are not what they should be by now. */
  function judgeAnew(): string[] {
    const moment = attendance.moment();
    // Then all are judged where all are held.
    if (moment.moved) return [];
    return [...standings.values()].flatMap((kept) => (show(kept, moment, []) ? [] : [kept.identity.id]));
  }

  async function catchUp(ids: string[]): Promise<void> {
    for (const { canteen: id, version, open, watermarks: marks, ...stored } of await store.newer(ids, known)) {
      const identity = identities.get(id);
      const moment = attendance.moment();
      const state = stored.state ?? newCanteen(id, moment.at);
      if (identity !== undefined) show({ identity, state, open, version, marks }, moment, stored.changed);
    }
  }

  /** What is stored stays in memory as it is, and pages are shown what comes of it by now. Whether its gaps are what they should be. */
  function show(kept: Omit<Kept, keyof Judged> & Unjudged, moment: Moment, told: Gap[]): boolean {
    const { identity, state, open, version, marks } = kept;
    const { judged, changed } = judge({ identity, state: asSeenAt(state, moment), open }, moment.at);
    const isRight = changed.length === 0;
    news.tell(standings.get(identity.id)?.summary, judged.summary, told);
    standings.set(identity.id, { ...judged, state, open, version, marks, ...(!isRight && { holdsUntil: Number.NEGATIVE_INFINITY }) });
    return isRight;
  }

  /** The event is in the log by then; what one event broke must not stop all others for ever. Notes down in `history` what has ended. */
  function foldAll(state: CanteenState, told: TakenIn['told'], { at, history }: { at: number; history: ToldSpan[] }): CanteenState {
    return told.reduce((folded, { canteen, input, receivedAt }) => {
      try {
        const seenAt = Math.min(receivedAt, at);
        const next = fold(folded, input, seenAt);
        history.push(...endedSpans({ before: folded, after: next }, input, seenAt));
        return next;
      } catch (err) {
        log.error({ err, canteen, kind: input.kind }, 'an input could not be folded and was passed over');
        return folded;
      }
    }, state);
  }

  function current(standing: Judged, at: number): Standing {
    if (standing.judgedAt <= at && at <= standing.holdsUntil) return standing;
    return judge({ ...standing, state: asSeenAt(standing.state, attendance.moment(at)) }, at).judged;
  }

  async function publishGaps(standing: Standing): Promise<void> {
    const [name, gist, message] = gapsMessage(standing);
    await words.say(name, gist, message());
  }

  function gapsMessage({ identity, open }: Standing): [topic: string, gist: string, message: () => object] {
    const message = () => {
      const at = new Date(now()).toISOString();
      const about = { id: crypto.randomUUID(), source: 'mingzao/server', time: at };
      return envelope('cn.mingzao.gaps.v1', { ...about, data: { schemaVersion: 1 as const, at, gaps: open } });
    };
    const inOrder = open.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    return [topic(identity.id, 'gaps'), JSON.stringify(inOrder), message];
  }
}

/** As the store does: the newest lives of each outbox, so that one that begins a new life with every message fills no memory. */
function withNewest(known: Watermark[], newest: Watermark[]): Watermark[] {
  const replaced = new Set(newest.map(({ epoch }) => epoch));
  return [...known.filter(({ epoch }) => !replaced.has(epoch)), ...newest].slice(-epochsKept);
}

/** Nobody looks after it any more, so nothing will ever close it. */
function withdrawn(gap: Gap, at: number): Gap {
  return { ...gap, status: 'closed', closedAt: new Date(at).toISOString(), foldedUnder: null, cause: noLongerSupervised };
}

const noLongerSupervised = { zh: '该食堂已不在监管名单中', en: 'The canteen is no longer under supervision' };
