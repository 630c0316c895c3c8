// Signing in: name, password, and a code where the person has a second factor.
import { ServerError } from '../errors.ts';
import type { PeopleStore } from '../stores/people-store.ts';
import type { ProvePassword } from './password-proof.ts';
import { periodOf } from './second-factor.ts';
import type { Sessions } from './sessions.ts';

/** Gives the new session's secret. Throws ServerError `wrong-credentials`, `code-needed`, `wrong-code`, `slow-down` or `overloaded`. */
export type SignIn = (about: { name: string; password: string; code?: string | undefined; from: string }) => Promise<string>;

export function createSignIn(deps: {
  people: Pick<PeopleStore, 'takePeriod'>;
  prove: ProvePassword;
  sessions: Pick<Sessions, 'open'>;
  now: () => number;
}): SignIn {
  const { people, prove, sessions, now } = deps;
  return async ({ name, password, code, from }) => {
    const proof = await prove({ name, password, from });
    const { person } = proof;
    if (person.factorSecret !== null) {
      if (code === undefined) {
        await proof.suspend();
        throw new ServerError('code-needed', 'the code of your second factor is needed as well');
      }
      const period = periodOf(code, { secret: person.factorSecret, now: now() });
      if (period === undefined || !(await people.takePeriod(person.id, period)))
        return proof.refuse('code', new ServerError('wrong-code', 'the code is not right, or was used already; wait for the next one'));
    }
    await proof.complete();
    return sessions.open({ person, from, action: 'signed-in' });
  };
}
