// What people do with their own account: password, second factor, tokens.
import { randomUUID } from 'node:crypto';
import type { Role } from '#contract/people.ts';
import { ServerError } from '../errors.ts';
import type { PeopleStore, StoredPerson } from '../stores/people-store.ts';
import type { SessionStore, StoredToken } from '../stores/session-store.ts';
import type { PasswordHash } from './password-hash.ts';
import type { ProvePassword } from './password-proof.ts';
import { problemOfPassword } from './password-rule.ts';
import { factorUri, newFactorSecret, periodOf } from './second-factor.ts';
import { digestOf, newSecret } from './secrets.ts';
import type { Identified, Sessions } from './sessions.ts';

/** Who asks, and from where. */
interface Asked {
  who: Identified;
  from: string;
}

/** Whatever asks for the password throws ServerError `wrong-credentials`, `slow-down` or `overloaded`. */
export interface OwnAccount {
  hasFactor(person: string): Promise<boolean>;
  /** Every other session of the person ends, and so do all tokens. Throws ServerError `weak-password`. */
  changePassword(asked: Asked, about: { password: string; next: string }): Promise<void>;
  /** A secret that counts once a code of it was told. */
  offerFactor(asked: Asked, about: { password: string }): Promise<{ secret: string; uri: string }>;
  /** Throws ServerError `wrong-code`, or `invalid-request` where none was offered. */
  confirmFactor(asked: Asked, code: string): Promise<void>;
  dropFactor(asked: Asked, about: { password: string }): Promise<void>;
  tokens(asked: Asked): Promise<StoredToken[]>;
  /** Throws ServerError `not-allowed` for a role the person has not. */
  makeToken(
    asked: Asked,
    about: { password: string; name: string; roles: Role[]; days: number },
  ): Promise<{ token: StoredToken; secret: string }>;
  /** Throws ServerError `not-found`. */
  removeToken(asked: Asked, id: string): Promise<void>;
}

export function createOwnAccount(deps: {
  people: PeopleStore;
  store: Pick<SessionStore, 'addToken' | 'tokensOf' | 'removeToken'>;
  sessions: Pick<Sessions, 'changed'>;
  prove: ProvePassword;
  hash: Pick<PasswordHash, 'make'>;
  now: () => number;
}): OwnAccount {
  const { people, store, sessions, prove, hash, now } = deps;

  return {
    hasFactor: async (id) => (await find(id)).factorSecret !== null,
    changePassword: async ({ who, from }, { password, next }) => {
      const proven = await proveAgain(who, { password, from });
      const problem = problemOfPassword(next, who.person.name);
      if (problem !== undefined) throw new ServerError('weak-password', problem);
      const passwordHash = await hash.make(next);
      const ends = { sessions: { but: who.digest }, tokens: true };
      await people.change(who.person.id, { passwordHash }, { entries: [entry({ who, from }, 'password-changed')], proven, ends });
      sessions.changed(who.person.id);
    },
    offerFactor: async ({ who, from }, { password }) => {
      const proven = await proveAgain(who, { password, from });
      const secret = newFactorSecret();
      await people.change(who.person.id, { factorPending: secret }, { entries: [entry({ who, from }, 'second-factor-offered')], proven });
      return { secret, uri: factorUri(secret, who.person.name) };
    },
    confirmFactor: async (asked, code) => {
      const { id, factorPending, passwordHash } = await find(asked.who.person.id);
      if (factorPending === null || passwordHash === null)
        throw new ServerError('invalid-request', 'no second factor was asked for; begin anew');
      const period = periodOf(code, { secret: factorPending, now: now() });
      if (period === undefined || !(await people.takePeriod(id, period)))
        throw new ServerError('wrong-code', 'the code is not right; look whether the clock of your telephone is');
      const change = { factorSecret: factorPending, factorPending: null };
      await people.change(id, change, { entries: [entry(asked, 'second-factor-on')], proven: passwordHash });
    },
    dropFactor: async ({ who, from }, { password }) => {
      const proven = await proveAgain(who, { password, from });
      const change = { factorSecret: null, factorPending: null };
      await people.change(who.person.id, change, { entries: [entry({ who, from }, 'second-factor-off')], proven });
    },
    tokens: ({ who }) => store.tokensOf(who.person.id),
    makeToken: async (asked, { password, name, roles, days }) => {
      const proven = await proveAgain(asked.who, { password, from: asked.from });
      const owned = asked.who.grants.map(({ role }) => role);
      const foreign = roles.find((role) => !owned.includes(role));
      if (foreign !== undefined)
        throw new ServerError('not-allowed', `you do not have the role ${foreign}; a token of yours can have: ${owned.join(', ')}`);
      const secret = newSecret();
      const times = { createdAt: instant(now()), expiresAt: instant(now() + days * 86_400_000), usedAt: null };
      const token = { id: randomUUID(), digest: digestOf(secret), person: asked.who.person.id, name, roles, ...times };
      await store.addToken(token, proven, { ...entry(asked, 'token-made'), detail: { name, roles, expiresAt: token.expiresAt } });
      return { token, secret };
    },
    removeToken: async (asked, id) => {
      await store.removeToken({ id, person: asked.who.person.id }, { ...entry(asked, 'token-revoked'), detail: { token: id } });
      sessions.changed(asked.who.person.id);
    },
  };

  async function find(id: string): Promise<StoredPerson> {
    const person = await people.find(id);
    if (person === undefined) throw new ServerError('not-found', 'there is no such person any longer');
    return person;
  }

  /** A session that was left open must not be enough to take the account over, nor to come back after it has ended. Gives the password's hash. */
  async function proveAgain({ person }: Identified, { password, from }: { password: string; from: string }): Promise<string> {
    const proof = await prove({ name: person.name, password, from });
    await proof.complete();
    return proof.person.passwordHash;
  }

  function entry({ who, from }: Asked, action: string) {
    return { at: now(), who: who.person.name, action, subject: who.person.name, from };
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
