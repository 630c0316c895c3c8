// Counts what the server has stored against what the gateways had decided. Pure, and knows nothing of how either came about.
import type { Decision } from './journal.ts';

export interface StoredEvent {
  canteen: string;
  /** Of a loss: what is lost, and why. */
  loss?: string;
  /** Of a fact: the number of the decision it was, and what was decided. */
  number?: number;
  camera?: string;
  outcome?: string;
}

export interface StoredGap {
  canteen: string;
  rule: string;
  device: string | undefined;
  certainty: string;
  status: string;
  openedAt: string;
  closedAt: string | null;
}

export interface Count {
  decided: number;
  stored: number;
  /** Decided, and not stored. */
  lost: string[];
  /** Stored more than once. */
  doubled: string[];
  /** Stored otherwise than decided, never decided, or told to be lost. */
  strange: string[];
  /** Killed in the middle of being decided: may be stored, or not. */
  unsure: number;
  gaps: { opened: number; open: number; wrong: string[] };
}

const rule = 'camera-unreachable';

export function count(decidedOf: Map<string, Decision[]>, stored: { events: StoredEvent[]; gaps: StoredGap[] }): Count {
  const found: Count = { decided: 0, stored: 0, lost: [], doubled: [], strange: [], unsure: 0, gaps: { opened: 0, open: 0, wrong: [] } };
  const eventsOf = Map.groupBy(stored.events, ({ canteen }) => canteen);
  const gapsOf = Map.groupBy(stored.gaps, ({ canteen }) => canteen);
  for (const [canteen, decisions] of decidedOf) {
    countEvents(canteen, decisions, eventsOf.get(canteen) ?? [], found);
    countGaps(canteen, decisions, gapsOf.get(canteen) ?? [], found);
  }
  return found;
}

export function isRight({ lost, doubled, strange, gaps }: Count): boolean {
  return [lost, doubled, strange, gaps.wrong].every(({ length }) => length === 0);
}

function countEvents(canteen: string, decisions: Decision[], events: StoredEvent[], found: Count): void {
  const facts = Map.groupBy(
    events.filter(({ number }) => number !== undefined),
    ({ number }) => number,
  );
  for (const { number, camera, outcome, unsure } of decisions) {
    const name = `${canteen} decision ${number}`;
    const [fact, ...more] = facts.get(number) ?? [];
    facts.delete(number);
    if (unsure) found.unsure += 1;
    else found.decided += 1;
    if (fact !== undefined) found.stored += 1;
    if (fact === undefined && !unsure) found.lost.push(name);
    if (more.length > 0) found.doubled.push(name);
    if (fact !== undefined && (fact.camera !== camera || fact.outcome !== outcome)) found.strange.push(`${name} is another one`);
  }
  for (const number of facts.keys()) found.strange.push(`${canteen} decision ${number} was never made`);
  for (const { loss } of events) if (loss !== undefined) found.strange.push(`${canteen} told a loss: ${loss}`);
}

/** What is open now is what was decided last, and of one camera one gap was open at a time, for as many faults as there were at most. */
function countGaps(canteen: string, decisions: Decision[], gaps: StoredGap[], found: Count): void {
  const ofCamera = Map.groupBy(decisions, ({ camera }) => camera);
  for (const [camera, made] of ofCamera) {
    const its = gaps.filter((gap) => gap.rule === rule && gap.device === camera).toSorted((a, b) => a.openedAt.localeCompare(b.openedAt));
    const open = its.filter(({ status }) => status === 'open');
    const seen = its.filter(({ certainty }) => certainty === 'fault').length;
    const wrong = (what: string) => found.gaps.wrong.push(`${canteen} ${camera}: ${what}`);
    found.gaps.opened += its.length;
    found.gaps.open += open.length;
    const last = made.at(-1)?.outcome;
    if (last === 'fault' && open.length !== 1) wrong(`its last fact is a fault, and ${open.length} gaps are open`);
    if (last === 'ok' && open.length !== 0) wrong(`its last fact is sound, and ${open.length} gaps are open`);
    if (seen > faultsBegun(made)) wrong(`${seen} gaps of ${faultsBegun(made)} faults`);
    for (const [index, gap] of its.entries()) {
      const next = its[index + 1];
      if (next !== undefined && (gap.closedAt === null || gap.closedAt > next.openedAt)) wrong(`two gaps at once, at ${next.openedAt}`);
    }
  }
}

function faultsBegun(made: Decision[]): number {
  return made.filter(({ outcome }, index) => outcome === 'fault' && made[index - 1]?.outcome !== 'fault').length;
}

/** A row of the table of events. */
export function readEvent({ canteen, body }: { canteen?: unknown; body?: unknown }): StoredEvent {
  const { type, data } = JSON.parse(String(body));
  const number = /^decision (\d+)$/.exec(data.detail ?? '')?.[1];
  return {
    canteen: String(canteen),
    ...(number !== undefined && { number: Number(number), camera: data.device, outcome: data.outcome }),
    ...(type === 'cn.mingzao.loss.v1' && { loss: `${data.from} to ${data.to}, ${data.reason}` }),
  };
}

/** A row of the table of gaps. */
export function readGap({ body }: { body?: unknown }): StoredGap {
  const { canteen, rule: id, device, certainty, status, openedAt, closedAt } = JSON.parse(String(body));
  return { canteen, rule: id, device, certainty, status, openedAt, closedAt };
}
