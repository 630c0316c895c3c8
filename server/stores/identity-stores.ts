// All that is kept of people on one state database: who they are, who is signed in, what was tried, and the audit of it.
import type { Kysely } from 'kysely';
import { type AttemptStore, attemptStore } from './attempt-store.ts';
import type { AuditEntry, AuditHead } from './audit-chain.ts';
import { type AuditStore, auditStore } from './audit-store.ts';
import { type PeopleStore, peopleStore } from './people-store.ts';
import { type SessionStore, sessionStore } from './session-store.ts';
import type { Tables } from './tables.ts';

export interface IdentityStores {
  audit: AuditStore;
  people: PeopleStore;
  sessions: SessionStore;
  attempts: AttemptStore;
}

/** `told` hears of every entry of the audit. */
export function identityStores(db: Kysely<Tables>, told: (entry: AuditEntry, head: AuditHead) => void): IdentityStores {
  const audit = auditStore(db, told);
  return { audit, people: peopleStore(db, audit.noted), sessions: sessionStore(db, audit.noted), attempts: attemptStore(db) };
}
