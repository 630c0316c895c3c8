// Proves the audit entry by entry, and names the first place where it is not what it was.
import { type AuditHead, beforeFirst, hashOf } from '../stores/audit-chain.ts';
import type { AuditStore } from '../stores/audit-store.ts';

export interface AuditProof {
  /** The last entry that is proven. */
  head: AuditHead;
  /** What is wrong behind that, in a sentence. */
  broken: string | undefined;
}

const rowsAtOnce = 500;

/**
 * Entries may be added meanwhile. What the chain cannot prove by itself is that its end was not cut off, or all of it written anew by somebody who may
 * write to the database: that takes `anchors`, heads it had before, kept where that somebody cannot write.
 */
export async function verifyAudit(store: Pick<AuditStore, 'after' | 'made'>, anchors: AuditHead[]): Promise<AuditProof> {
  const made = await store.made();
  let head = beforeFirst;
  while (true) {
    const rows = await store.after(head.sequence, rowsAtOnce);
    for (const row of rows) {
      const broken = problemOf(row, head) ?? problemWith(anchors, row);
      if (broken !== undefined) return { head, broken };
      head = { sequence: row.sequence, hash: row.hash };
    }
    if (rows.length < rowsAtOnce) break;
  }
  const last = Math.max(made, ...anchors.map(({ sequence }) => sequence));
  return { head, broken: last > head.sequence ? `${entries(head.sequence + 1, last)} missing at the end` : undefined };
}

function problemOf(row: Parameters<typeof hashOf>[0] & AuditHead, head: AuditHead): string | undefined {
  if (row.sequence !== head.sequence + 1) return `${entries(head.sequence + 1, row.sequence - 1)} missing`;
  if (hashOf(row) !== row.hash) return `entry ${row.sequence} was altered`;
  if (row.previous === head.hash) return undefined;
  return head.sequence === 0
    ? `entry ${row.sequence} does not begin a chain`
    : `entry ${head.sequence} was altered, and its hash with it: entry ${row.sequence} does not go on from it`;
}

function problemWith(anchors: AuditHead[], { sequence, hash }: AuditHead): string | undefined {
  const differs = anchors.some((anchor) => anchor.sequence === sequence && anchor.hash !== hash);
  return differs ? `entry ${sequence} is not what it was when its hash was kept: the audit up to there was written anew` : undefined;
}

function entries(from: number, to: number): string {
  return from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
}
