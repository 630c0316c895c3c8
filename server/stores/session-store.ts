// Keeps who is signed in, by session or by token; a secret itself is never here, only its SHA-256.
import type { Kysely } from 'kysely';
import type { Grant, Role } from '#contract/people.ts';
import { ServerError } from '../errors.ts';
import type { AuditEntry } from './audit-chain.ts';
import type { Noted } from './audit-store.ts';
import { stillProven } from './still-proven.ts';
import type { Tables } from './tables.ts';

/** Whose a secret is. */
export interface Holder {
  person: { id: string; name: string };
  grants: Grant[];
}

export interface StoredToken {
  id: string;
  digest: string;
  person: string;
  name: string;
  roles: Role[];
  createdAt: string;
  expiresAt: string;
  usedAt: string | null;
}

/** A session that was made, or used last, before these instants is over; ISO 8601. */
export interface SessionLimits {
  madeAfter: string;
  usedAfter: string;
}

export interface SessionStore {
  /**
   * Also forgets the sessions of whomever that are over. Throws ServerError `wrong-credentials` where `passwordHash`, that of the password which was
   * proven, is the person's no longer, or the person is disabled by now: what ended their sessions ends those about to be as well.
   */
  open(
    about: { digest: string; person: string; passwordHash: string; at: string; origin: string; network: string; limits: SessionLimits },
    entry: AuditEntry,
  ): Promise<void>;
  session(digest: string, limits: SessionLimits): Promise<(Holder & { usedAt: string }) | undefined>;
  used(digest: string, at: string): Promise<void>;
  end(digest: string, entry: AuditEntry): Promise<void>;
  /** Whether somebody has signed in from there before. */
  knows(person: string, network: string): Promise<boolean>;

  /** Throws as `open` does. */
  addToken(token: StoredToken, passwordHash: string, entry: AuditEntry): Promise<void>;
  token(digest: string, now: string): Promise<(Holder & { roles: Role[]; usedAt: string | null }) | undefined>;
  tokenUsed(digest: string, at: string): Promise<void>;
  tokensOf(person: string): Promise<StoredToken[]>;
  /** Throws ServerError `not-found` where the person has no such token. */
  removeToken(about: { id: string; person: string }, entry: AuditEntry): Promise<void>;
}

/** A place nobody signed in from for so long is strange again. */
const placeKeptMs = 90 * 86_400_000;

export function sessionStore(db: Kysely<Tables>, noted: Noted): SessionStore {
  const known = () => db.selectFrom('people').where('people.disabled_at', 'is', null);
  return {
    open: ({ digest, person, passwordHash, at, origin, network, limits }, entry) =>
      noted(entry, async (transaction) => {
        await stillProven(transaction, { person, passwordHash });
        await transaction
          .deleteFrom('sessions')
          .where((row) => row.or([row('created_at', '<=', limits.madeAfter), row('seen_at', '<=', limits.usedAfter)]))
          .execute();
        await transaction.insertInto('sessions').values({ digest, person, created_at: at, seen_at: at, origin }).execute();
        await transaction.updateTable('people').set({ seen_at: at }).where('id', '=', person).execute();
        await transaction
          .deleteFrom('places')
          .where('at', '<', new Date(Date.parse(at) - placeKeptMs).toISOString())
          .execute();
        await transaction
          .insertInto('places')
          .values({ person, origin: network, at })
          .onConflict((conflict) => conflict.columns(['person', 'origin']).doUpdateSet({ at }))
          .execute();
      }),
    session: async (digest, { madeAfter, usedAfter }) => {
      const row = await known()
        .innerJoin('sessions', 'sessions.person', 'people.id')
        .select(['people.id', 'people.name', 'people.grants', 'sessions.seen_at as used_at'])
        .where('sessions.digest', '=', digest)
        .where('sessions.created_at', '>', madeAfter)
        .where('sessions.seen_at', '>', usedAfter)
        .executeTakeFirst();
      return row === undefined ? undefined : { ...holder(row), usedAt: row.used_at };
    },
    used: async (digest, at) => void (await db.updateTable('sessions').set({ seen_at: at }).where('digest', '=', digest).execute()),
    end: (digest, entry) =>
      noted(entry, async (transaction) => void (await transaction.deleteFrom('sessions').where('digest', '=', digest).execute())),
    knows: async (person, network) => {
      const place = await db
        .selectFrom('places')
        .select('at')
        .where('person', '=', person)
        .where('origin', '=', network)
        .executeTakeFirst();
      return place !== undefined;
    },

    addToken: async ({ roles, ...token }, passwordHash, entry) => {
      const { id, digest, person, name, createdAt, expiresAt, usedAt } = token;
      const times = { created_at: createdAt, expires_at: expiresAt, used_at: usedAt };
      await noted(entry, async (transaction) => {
        await stillProven(transaction, { person, passwordHash });
        await transaction
          .insertInto('tokens')
          .values({ id, digest, person, name, roles: JSON.stringify(roles), ...times })
          .execute();
      });
    },
    token: async (digest, now) => {
      const row = await known()
        .innerJoin('tokens', 'tokens.person', 'people.id')
        .select(['people.id', 'people.name', 'people.grants', 'tokens.roles', 'tokens.used_at'])
        .where('tokens.digest', '=', digest)
        .where('tokens.expires_at', '>', now)
        .executeTakeFirst();
      return row === undefined ? undefined : { ...holder(row), roles: JSON.parse(row.roles), usedAt: row.used_at };
    },
    tokenUsed: async (digest, at) => void (await db.updateTable('tokens').set({ used_at: at }).where('digest', '=', digest).execute()),
    tokensOf: async (person) =>
      (await db.selectFrom('tokens').selectAll().where('person', '=', person).orderBy('created_at').orderBy('id').execute()).map(
        ({ created_at, expires_at, used_at, roles, ...token }) => ({
          ...{ ...token, roles: JSON.parse(roles) },
          ...{ createdAt: created_at, expiresAt: expires_at, usedAt: used_at },
        }),
      ),
    removeToken: ({ id, person }, entry) =>
      noted(entry, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('tokens')
          .where('id', '=', id)
          .where('person', '=', person)
          .executeTakeFirstOrThrow();
        if (Number(numDeletedRows) === 0) throw new ServerError('not-found', 'you have no such token');
      }),
  };
}

function holder({ id, name, grants }: { id: string; name: string; grants: string }): Holder {
  return { person: { id, name }, grants: JSON.parse(grants) };
}
