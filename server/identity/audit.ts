// The audit, to whoever has something to note down: who did what, when and from where, for ever.
import type { Logger } from 'pino';
import type { AuditEntry, AuditHead } from '../stores/audit-chain.ts';
import type { AuditStore } from '../stores/audit-store.ts';
import { anchorText } from './audit-anchor.ts';

export type Audit = Pick<AuditStore, 'record'>;

/** Who does something, and from where. */
export type By = Pick<AuditEntry, 'who' | 'from'>;

/** Tells the log of each entry, and where the chain then ends: a log that is kept elsewhere proves that nothing before it was changed or cut off. */
export function tellAudit(log: Pick<Logger, 'info'>): (entry: AuditEntry, head: AuditHead) => void {
  return ({ who, action, subject, from }, head) => log.info({ who, action, subject, from, audit: anchorText(head) }, 'audited');
}
