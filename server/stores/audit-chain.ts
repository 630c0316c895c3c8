// How the entries of the audit hang together: the SHA-256 of each covers all it says and the one before it. Pure.
import { createHash } from 'node:crypto';

export interface AuditEntry {
  /** Milliseconds since 1970. */
  at: number;
  /** A person's name, or `command line`, or `server`. */
  who: string;
  /** What was done, e.g. `signed-in`. */
  action: string;
  /** What it was done to: a person, a canteen, a file. */
  subject: string;
  /** An address of the network, or an account of this machine. */
  from: string;
  /** Never a secret: this is kept for ever. */
  detail?: Record<string, unknown>;
}

/** As it is stored. `detail` is JSON. */
export interface AuditRow {
  sequence: number;
  at: string;
  who: string;
  action: string;
  subject: string;
  origin: string;
  detail: string;
  previous: string;
  hash: string;
}

/** Where the chain ends. Kept elsewhere it proves that nothing up to there was changed or cut off. */
export interface AuditHead {
  sequence: number;
  hash: string;
}

export const beforeFirst: AuditHead = { sequence: 0, hash: '0'.repeat(64) };

export function chained(entry: AuditEntry, link: { sequence: number; previous: string }): AuditRow {
  const { at, who, action, subject, from, detail = {} } = entry;
  const row = {
    ...link,
    at: new Date(at).toISOString(),
    ...{ who: storable(who), action, subject: storable(subject), origin: storable(from) },
    detail: JSON.stringify(detail),
  };
  return { ...row, hash: hashOf(row) };
}

/** Of a list, not of an object: nothing is left to the order of keys. */
export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const { previous, sequence, at, who, action, subject, origin, detail } = row;
  return createHash('sha256')
    .update(JSON.stringify([previous, sequence, at, who, action, subject, origin, detail]))
    .digest('hex');
}

/** What a database would not give back as it got it would break the chain. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
