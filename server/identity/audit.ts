// The audit: what people do to the server is noted down for ever, and told to the log with where the chain then ends.
import type { Logger } from 'pino';
import type { AuditEntry, AuditHead } from '../stores/audit-chain.ts';
import type { AuditStore } from '../stores/audit-store.ts';

export type { AuditEntry };

export interface Audit {
  /** Resolves when the entry is stored. What cannot be noted down should not be done: call it before, or let its rejection through. */
  record(entry: AuditEntry): Promise<void>;
}

export function createAudit(deps: { store: Pick<AuditStore, 'append'>; log: Pick<Logger, 'info'> }): Audit {
  const { store, log } = deps;
  return {
    record: async (entry) => tellAudited(log, entry, await store.append(entry)),
  };
}

/** A log that is kept elsewhere is then an anchor: nothing before it can be changed or cut off unnoticed. */
function tellAudited(log: Pick<Logger, 'info'>, { who, action, subject, from }: AuditEntry, { sequence, hash }: AuditHead): void {
  log.info({ who, action, subject, from, audit: `${sequence}:${hash}` }, 'audited');
}
