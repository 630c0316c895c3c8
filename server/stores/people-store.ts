// Keeps people and their invitations. What is changed here is noted down in the audit by the same transaction.
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { Grant } from '#contract/people.ts';
import { linkUnusable, ServerError } from '../errors.ts';
import type { AuditEntry } from './audit-chain.ts';
import { type Noted, takeTurn } from './audit-store.ts';
import { stillProven } from './still-proven.ts';
import type { Tables } from './tables.ts';

export interface StoredPerson {
  id: string;
  name: string;
  grants: Grant[];
  /** Null until the invitation is accepted. */
  passwordHash: string | null;
  factorSecret: string | null;
  factorPending: string | null;
  disabledAt: string | null;
  createdAt: string;
  seenAt: string | null;
}

export type PersonChange = Partial<Pick<StoredPerson, 'grants' | 'passwordHash' | 'factorSecret' | 'factorPending' | 'disabledAt'>>;

export interface StoredInvitation {
  digest: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** What ends with a change, at once: all sessions, or all `but` one; and whether tokens do. */
export type Ending = { sessions: 'all' | { but: string }; tokens: boolean };

export interface PeopleStore {
  /** How many there are who can sign in and look after people. */
  administrators(): Promise<number>;
  all(): Promise<StoredPerson[]>;
  find(id: string): Promise<StoredPerson | undefined>;
  byName(key: string): Promise<StoredPerson | undefined>;
  /** Throws ServerError `name-taken`. `ifNoAdministrator`: and `link-unusable` where there is one by now. */
  add(
    about: { person: StoredPerson; key: string; invitation?: StoredInvitation; ifNoAdministrator?: true },
    entry: AuditEntry,
  ): Promise<void>;
  /**
   * Throws ServerError `last-administrator` where nobody would be left who can look after people. `proven`: the hash of the password that allows it;
   * throws `wrong-credentials` where it is another by now, or the person disabled.
   */
  change(id: string, change: PersonChange, about: { entries: AuditEntry[]; proven?: string; ends?: Ending }): Promise<void>;
  /** Replaces the invitation that was there. */
  invite(id: string, invitation: StoredInvitation, entry: AuditEntry): Promise<void>;
  /** Whom a link that has not expired is for. */
  invited(digest: string, now: string): Promise<StoredPerson | undefined>;
  /**
   * Uses the link up; everything that knew the person by the former password ends. Throws ServerError `link-unusable` where somebody was faster, or
   * has disabled the person.
   */
  accept(digest: string, about: { person: string; passwordHash: string; entry: AuditEntry }): Promise<void>;
  /** False where this period, or a later one, was taken before. */
  takePeriod(id: string, period: number): Promise<boolean>;
}

export function peopleStore(db: Kysely<Tables>, noted: Noted): PeopleStore {
  const people = () => db.selectFrom('people').selectAll();
  return {
    administrators: () => administrators(db),
    all: async () => (await people().orderBy('created_at').orderBy('id').execute()).map(stored),
    find: async (id) => storedOrNone(await people().where('id', '=', id).executeTakeFirst()),
    byName: async (key) => storedOrNone(await people().where('name_key', '=', key).executeTakeFirst()),
    add: ({ person, key, invitation, ifNoAdministrator }, entry) =>
      noted(entry, async (transaction) => {
        await takeTurn(transaction, 'people');
        if (ifNoAdministrator && (await administrators(transaction)) > 0) throw linkUnusable();
        const taken = await transaction.selectFrom('people').select('id').where('name_key', '=', key).executeTakeFirst();
        if (taken !== undefined) throw new ServerError('name-taken', `there is somebody called "${person.name}" already`);
        await transaction.insertInto('people').values(row(person, key)).execute();
        if (invitation !== undefined) await putInvitation(transaction, person.id, invitation);
      }),
    change: (id, change, { entries, proven, ends }) =>
      noted(
        () => entries,
        async (transaction) => {
          await takeTurn(transaction, 'people');
          if (proven !== undefined) await stillProven(transaction, { person: id, passwordHash: proven });
          const before = await administrators(transaction);
          await transaction.updateTable('people').set(columns(change)).where('id', '=', id).execute();
          if (before > 0 && (await administrators(transaction)) === 0)
            throw new ServerError(
              'last-administrator',
              'nobody would be left who can look after people; make somebody else an administrator first',
            );
          if (ends !== undefined) await end(transaction, id, ends);
        },
      ),
    invite: (id, invitation, entry) => noted(entry, (transaction) => putInvitation(transaction, id, invitation)),
    invited: async (digest, now) =>
      storedOrNone(
        await db
          .selectFrom('invitations')
          .innerJoin('people', 'people.id', 'invitations.person')
          .selectAll('people')
          .where('invitations.digest', '=', digest)
          .where('invitations.expires_at', '>', now)
          .where('people.disabled_at', 'is', null)
          .executeTakeFirst(),
      ),
    accept: (digest, { person, passwordHash, entry }) =>
      noted(entry, async (transaction) => {
        const { numDeletedRows } = await transaction.deleteFrom('invitations').where('digest', '=', digest).executeTakeFirstOrThrow();
        if (Number(numDeletedRows) === 0) throw linkUnusable();
        const fresh = { password_hash: passwordHash, factor_secret: null, factor_pending: null };
        const { numUpdatedRows } = await transaction
          .updateTable('people')
          .set(fresh)
          .where('id', '=', person)
          .where('disabled_at', 'is', null)
          .executeTakeFirstOrThrow();
        if (Number(numUpdatedRows) === 0) throw linkUnusable();
        await end(transaction, person, { sessions: 'all', tokens: true });
      }),
    takePeriod: async (id, period) => {
      const { numUpdatedRows } = await db
        .updateTable('people')
        .set({ factor_period: period })
        .where('id', '=', id)
        .where('factor_period', '<', period)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows) > 0;
    },
  };
}

async function administrators(db: Kysely<Tables>): Promise<number> {
  const rows = await db.selectFrom('people').selectAll().where('disabled_at', 'is', null).where('password_hash', 'is not', null).execute();
  return rows.map(stored).filter(({ grants }) => grants.some(({ role }) => role === 'administrator')).length;
}

async function putInvitation(db: Transaction<Tables>, person: string, { digest, expiresAt }: StoredInvitation): Promise<void> {
  await db.deleteFrom('invitations').where('person', '=', person).execute();
  await db.insertInto('invitations').values({ person, digest, expires_at: expiresAt }).execute();
}

async function end(db: Transaction<Tables>, person: string, { sessions, tokens }: Ending): Promise<void> {
  let ending = db.deleteFrom('sessions').where('person', '=', person);
  if (sessions !== 'all') ending = ending.where('digest', '!=', sessions.but);
  await ending.execute();
  if (tokens) await db.deleteFrom('tokens').where('person', '=', person).execute();
}

function row(person: StoredPerson, key: string): Tables['people'] {
  const { id, name, createdAt, seenAt, ...rest } = person;
  const changeable = { password_hash: null, factor_secret: null, factor_pending: null, disabled_at: null, grants: '[]', ...columns(rest) };
  return { id, name, name_key: key, factor_period: 0, created_at: createdAt, seen_at: seenAt, ...changeable };
}

function columns(change: PersonChange): Partial<Tables['people']> {
  return {
    ...(change.grants !== undefined && { grants: JSON.stringify(change.grants) }),
    ...(change.passwordHash !== undefined && { password_hash: change.passwordHash }),
    ...(change.factorSecret !== undefined && { factor_secret: change.factorSecret }),
    ...(change.factorPending !== undefined && { factor_pending: change.factorPending }),
    ...(change.disabledAt !== undefined && { disabled_at: change.disabledAt }),
  };
}

function storedOrNone(found: Selectable<Tables['people']> | undefined): StoredPerson | undefined {
  return found === undefined ? undefined : stored(found);
}

function stored(found: Selectable<Tables['people']>): StoredPerson {
  return {
    ...{ id: found.id, name: found.name, grants: JSON.parse(found.grants) },
    ...{ passwordHash: found.password_hash, factorSecret: found.factor_secret, factorPending: found.factor_pending },
    ...{ disabledAt: found.disabled_at, createdAt: found.created_at, seenAt: found.seen_at },
  };
}
