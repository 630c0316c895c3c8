// What one gateway of the chaos has decided, written down beside its outbox, so that it can be counted against what the server has stored.
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface Decision {
  /** Counts from 1. */
  number: number;
  camera: string;
  outcome: 'ok' | 'fault';
  /** Killed between intending and having it in the outbox: it may be stored, or not. */
  unsure: boolean;
}

export interface Journal {
  /** To be called before they go into the outbox. */
  intend(facts: Pick<Decision, 'camera' | 'outcome'>[]): Decision[];
  /** They are in the outbox. */
  done(): void;
  last(): number;
  /** The newest decision about each camera. */
  present(): Map<string, Decision['outcome']>;
}

/** A kill loses nothing that was written, so nothing has to be synced; a line cut off by one was never followed by anything. */
export function openJournal(file: string): Journal {
  const decided = readJournal(file);
  const present = new Map(decided.map(({ camera, outcome }) => [camera, outcome]));
  let last = decided.at(-1)?.number ?? 0;
  let intended = 0;
  const handle = openSync(file, 'a');
  writeSync(handle, '\n'); // ends what a kill may have cut off
  return {
    intend(facts) {
      const decisions = facts.map((fact, index) => ({ ...fact, number: last + 1 + index, unsure: true }));
      writeSync(handle, `${JSON.stringify(decisions)}\n`);
      last += facts.length;
      intended = facts.length;
      return decisions;
    },
    done: () => void writeSync(handle, `${JSON.stringify({ count: intended })}\n`),
    last: () => last,
    present: () => new Map(present),
  };
}

/** In the order of their numbers. */
export function readJournal(file: string): Decision[] {
  if (!existsSync(file)) return [];
  const decisions: Decision[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const said = parse(line);
    if (Array.isArray(said)) decisions.push(...said);
    else if (said !== undefined) for (const decision of decisions.slice(-said.count)) decision.unsure = false;
  }
  return decisions;
}

function parse(line: string): Decision[] | { count: number } | undefined {
  try {
    return line === '' ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
