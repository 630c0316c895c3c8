// One-time links, by which somebody chooses a password: an invitation, or the link of the first administrator.
import { randomUUID } from 'node:crypto';
import { linkUnusable, ServerError } from '../errors.ts';
import type { PeopleStore, StoredPerson } from '../stores/people-store.ts';
import type { FirstLink } from './first-administrator.ts';
import type { PasswordHash } from './password-hash.ts';
import { foldedCase, problemOfPassword } from './password-rule.ts';
import { digestOf } from './secrets.ts';
import type { Sessions } from './sessions.ts';

export interface Links {
  /** Whom the link is for; null: the first administrator, who has no name yet. Throws ServerError `link-unusable`. */
  read(secret: string): Promise<{ name: string | null }>;
  /** Uses the link up and gives a new session's secret. Throws ServerError `link-unusable`, `weak-password`, `name-taken` or `invalid-request`. */
  accept(about: { secret: string; name?: string | undefined; password: string; from: string }): Promise<string>;
}

export function createLinks(deps: {
  people: Pick<PeopleStore, 'invited' | 'accept' | 'add'>;
  firstLink: FirstLink;
  hash: Pick<PasswordHash, 'make'>;
  sessions: Pick<Sessions, 'open' | 'changed'>;
  now: () => number;
}): Links {
  const { people, firstLink, hash, sessions, now } = deps;

  async function find(secret: string): Promise<StoredPerson | null> {
    if (firstLink.opens(secret)) return null;
    const person = await people.invited(digestOf(secret), new Date(now()).toISOString());
    if (person === undefined) throw linkUnusable();
    return person;
  }

  return {
    read: async (secret) => ({ name: (await find(secret))?.name ?? null }),
    accept: async ({ secret, name, password, from }) => {
      const invited = await find(secret);
      const person = invited ?? firstAdministrator(name);
      const problem = problemOfPassword(password, person.name);
      if (problem !== undefined) throw new ServerError('weak-password', problem);
      const passwordHash = await hash.make(password);
      const entry = { at: now(), who: person.name, action: 'link-accepted', subject: person.name, from };
      if (invited === null) {
        const detail = { first: 'administrator' };
        await people.add(
          { person: { ...person, passwordHash }, key: foldedCase(person.name), ifNoAdministrator: true },
          { ...entry, detail },
        );
        firstLink.usedUp();
      } else {
        await people.accept(digestOf(secret), { person: person.id, passwordHash, entry });
        sessions.changed(person.id);
      }
      return sessions.open({ person: { ...person, passwordHash }, from, action: 'signed-in' });
    },
  };

  function firstAdministrator(name: string | undefined): StoredPerson {
    if (name === undefined) throw new ServerError('invalid-request', 'body/name: it is missing; the first administrator has no name yet');
    return {
      ...{ id: randomUUID(), name, grants: [{ role: 'administrator', scope: { kind: 'all' } }] },
      ...{ passwordHash: null, factorSecret: null, factorPending: null, disabledAt: null },
      ...{ createdAt: new Date(now()).toISOString(), seenAt: null },
    };
  }
}
