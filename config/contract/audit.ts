// What an administrator is told of the audit.
import { type Static, Type } from 'typebox';
import { Instant } from './primitives.ts';

const closed = { additionalProperties: false };
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 over the entry and the hash of the one before it' });

export const AuditEntryView = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1 }),
    at: Instant,
    who: Type.String(),
    action: Type.String(),
    subject: Type.String(),
    from: Type.String({ description: 'an address of the network, or an account of the server’s machine' }),
    detail: Type.Record(Type.String(), Type.Unknown()),
    hash: Hash,
  },
  { ...closed, description: 'What somebody did' },
);

export const AuditView = Type.Object(
  {
    head: Type.Object(
      { sequence: Type.Integer({ minimum: 0 }), hash: Hash },
      { ...closed, description: 'Where the chain ends; kept elsewhere it proves that nothing up to here was changed or cut off' },
    ),
    entries: Type.Array(AuditEntryView),
  },
  { ...closed, description: 'Entries of the audit' },
);
export type AuditView = Static<typeof AuditView>;
