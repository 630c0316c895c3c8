// What an administrator does with people: invites them, changes what they may do, shuts them out.
import { randomUUID } from 'node:crypto';
import type { Grant, Invitation, Person } from '#contract/people.ts';
import { ServerError } from '../errors.ts';
import type { PeopleStore, StoredPerson } from '../stores/people-store.ts';
import { foldedCase } from './password-rule.ts';
import { problemOfGrants } from './reach.ts';
import { digestOf, newSecret } from './secrets.ts';
import type { Identified, Sessions } from './sessions.ts';

interface Asked {
  who: Identified;
  from: string;
}

/** Throws ServerError `not-found` for nobody, and `invalid-request` for grants that make no sense. */
export interface People {
  all(): Promise<Person[]>;
  /** Throws ServerError `name-taken`. */
  invite(asked: Asked, about: { name: string; grants: Grant[] }): Promise<{ person: Person; invitation: Invitation }>;
  /** For somebody who has lost the password or the second factor: whoever opens the link chooses a new password, and all else ends then. */
  inviteAgain(asked: Asked, id: string): Promise<Invitation>;
  /** Somebody who is disabled is out at once, with all sessions and tokens. Throws ServerError `last-administrator`. */
  change(asked: Asked, id: string, change: { grants?: Grant[] | undefined; disabled?: boolean | undefined }): Promise<Person>;
}

const invitedForMs = 7 * 86_400_000;

export function createPeople(deps: { store: PeopleStore; sessions: Pick<Sessions, 'changed'>; now: () => number }): People {
  const { store, sessions, now } = deps;

  return {
    all: async () => (await store.all()).map(view),
    invite: async (asked, { name, grants }) => {
      refuseSenseless(grants);
      const person: StoredPerson = {
        ...{ id: randomUUID(), name, grants, passwordHash: null, factorSecret: null, factorPending: null },
        ...{ disabledAt: null, createdAt: instant(now()), seenAt: null },
      };
      const { invitation, link } = newInvitation();
      const entry = { ...noted(asked, 'person-invited', name), detail: { grants } };
      await store.add({ person, key: foldedCase(name), invitation }, entry);
      return { person: view(person), invitation: link };
    },
    inviteAgain: async (asked, id) => {
      const { name } = await find(id);
      const { invitation, link } = newInvitation();
      await store.invite(id, invitation, noted(asked, 'person-invited-again', name));
      return link;
    },
    change: async (asked, id, { grants, disabled }) => {
      if (grants !== undefined) refuseSenseless(grants);
      const before = await find(id);
      const turns = disabled !== undefined && disabled !== (before.disabledAt !== null);
      await store.change(
        id,
        { ...(grants !== undefined && { grants }), ...(turns && { disabledAt: disabled ? instant(now()) : null }) },
        {
          entries: [
            ...(grants === undefined
              ? []
              : [{ ...noted(asked, 'roles-changed', before.name), detail: { from: before.grants, to: grants } }]),
            ...(turns ? [noted(asked, disabled ? 'person-disabled' : 'person-enabled', before.name)] : []),
          ],
          ...(turns && disabled && { ends: { sessions: 'all', tokens: true } }),
        },
      );
      sessions.changed(id);
      return view(await find(id));
    },
  };

  async function find(id: string): Promise<StoredPerson> {
    const person = await store.find(id);
    if (person === undefined) throw new ServerError('not-found', `there is no person "${id}"; /api/people lists them`);
    return person;
  }

  function newInvitation() {
    const secret = newSecret();
    const expiresAt = instant(now() + invitedForMs);
    return { invitation: { digest: digestOf(secret), expiresAt }, link: { path: linkPath(secret), expiresAt } };
  }

  function noted({ who, from }: Asked, action: string, subject: string) {
    return { at: now(), who: who.person.name, action, subject, from };
  }
}

/** After the #, which no browser sends anywhere: the secret is in no log on the way. */
export function linkPath(secret: string): string {
  return `/welcome#${secret}`;
}

function refuseSenseless(grants: Grant[]): void {
  const problem = problemOfGrants(grants);
  if (problem !== undefined) throw new ServerError('invalid-request', `body/grants: ${problem}`);
}

function view({ id, name, grants, passwordHash, factorSecret, disabledAt, createdAt, seenAt }: StoredPerson): Person {
  const state = disabledAt !== null ? 'disabled' : passwordHash === null ? 'invited' : 'active';
  return { id, name, grants, state, secondFactor: factorSecret !== null, createdAt, seenAt };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
