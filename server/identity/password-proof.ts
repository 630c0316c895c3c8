// Finds out whether somebody knows a password: at the right pace, and noted down where it is wrong.
import { ServerError } from '../errors.ts';
import type { PeopleStore, StoredPerson } from '../stores/people-store.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { Audit } from './audit.ts';
import type { PasswordHash } from './password-hash.ts';
import { foldedCase } from './password-rule.ts';
import { type Attempt, networkOf, type SignInPace } from './sign-in-pace.ts';

export interface Proof {
  person: StoredPerson & { passwordHash: string };
  /** To be called once all else is in order as well: the account is its owner's again. */
  complete(): Promise<void>;
  /** Something else is missing that is no guess. */
  suspend(): Promise<void>;
  /** Something else was wrong. Notes it down and throws `error`; the attempt stays counted. */
  refuse(reason: string, error: ServerError): Promise<never>;
}

/** Throws ServerError `wrong-credentials`, `slow-down` or `overloaded`. */
export type ProvePassword = (about: { name: string; password: string; from: string }) => Promise<Proof>;

export function createPasswordProof(deps: {
  people: Pick<PeopleStore, 'byName'>;
  sessions: Pick<SessionStore, 'knows'>;
  pace: SignInPace;
  hash: PasswordHash;
  audit: Audit;
  now: () => number;
}): ProvePassword {
  const { people, sessions, pace, hash, audit, now } = deps;
  return async ({ name, password, from }) => {
    const account = foldedCase(name);
    const person = await people.byName(account);
    const knownThere = person !== undefined && (await sessions.knows(person.id, networkOf(from)));
    const attempt: Attempt = { account, address: from, knownThere };
    const refuse = async (reason: string, error: ServerError): Promise<never> => {
      // What is no name of anybody's may be a password that was typed into the wrong field.
      const subject = person?.name ?? 'an unknown name';
      await audit.record({ at: now(), who: subject, action: 'sign-in-refused', subject, from, detail: { reason } });
      throw error;
    };
    await pace.begin(attempt);
    const right = await hash.matches(password, person?.passwordHash ?? undefined).catch(async (error) => {
      // Nothing was looked at: whoever keeps the server busy must not make others wait afterwards as well.
      await pace.takeBack(attempt, { right: false });
      throw error;
    });
    const wrong = new ServerError('wrong-credentials', 'the name or the password is not right');
    if (!right || person === undefined || person.passwordHash === null) return refuse('password', wrong);
    if (person.disabledAt !== null) return refuse('disabled', wrong);
    return {
      person: { ...person, passwordHash: person.passwordHash },
      complete: () => pace.takeBack(attempt, { right: true }),
      suspend: () => pace.takeBack(attempt, { right: false }),
      refuse,
    };
  };
}
