// The one-time link by which the first administrator comes to be. It lives in this process alone, for an hour, and while there is no administrator.
import type { PeopleStore } from '../stores/people-store.ts';
import { digestOf, newSecret } from './secrets.ts';

export interface FirstLink {
  /** The secret to print, or undefined where there is an administrator already. */
  offer(): Promise<string | undefined>;
  /** Whether this is the secret that was offered, and it still counts. */
  opens(secret: string): boolean;
  usedUp(): void;
}

const validMs = 3_600_000;

export function createFirstLink({ people, now }: { people: Pick<PeopleStore, 'administrators'>; now: () => number }): FirstLink {
  let offered: { digest: string; untilMs: number } | undefined;
  return {
    offer: async () => {
      if ((await people.administrators()) > 0) return undefined;
      const secret = newSecret();
      offered = { digest: digestOf(secret), untilMs: now() + validMs };
      return secret;
    },
    opens: (secret) => offered !== undefined && offered.untilMs > now() && offered.digest === digestOf(secret),
    usedUp: () => {
      offered = undefined;
    },
  };
}
