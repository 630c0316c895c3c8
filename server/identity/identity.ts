// Puts together all that has to do with who somebody is, for the routes and for main.
import type { IdentityStores } from '../stores/identity-stores.ts';
import { createFirstLink, type FirstLink } from './first-administrator.ts';
import { createLinks, type Links } from './links.ts';
import { createOwnAccount, type OwnAccount } from './own-account.ts';
import { createPasswordHash, type HashCost } from './password-hash.ts';
import { createPasswordProof } from './password-proof.ts';
import { createPeople, type People } from './people.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createSignInPace } from './sign-in-pace.ts';

export interface Identity {
  sessions: Sessions;
  signIn: SignIn;
  links: Links;
  ownAccount: OwnAccount;
  people: People;
  audit: IdentityStores['audit'];
  firstLink: FirstLink;
  /** How long a browser keeps its cookie. */
  sessionDays: number;
}

export interface SessionSettings {
  idleHours: number;
  longestDays: number;
}

export function createIdentity(deps: {
  stores: IdentityStores;
  limits: SessionSettings;
  /** What a password hash costs; left out, as much as it should. */
  hashCost?: HashCost;
  now: () => number;
}): Identity {
  const { stores, limits, hashCost, now } = deps;
  const { people, audit } = stores;
  const hash = createPasswordHash(hashCost);
  const sessions = createSessions({ store: stores.sessions, limits, now });
  const pace = createSignInPace({ store: stores.attempts, now });
  const prove = createPasswordProof({ people, sessions: stores.sessions, pace, hash, audit, now });
  const firstLink = createFirstLink({ people, now });
  return {
    ...{ sessions, audit, firstLink },
    sessionDays: limits.longestDays,
    signIn: createSignIn({ people, prove, sessions, now }),
    links: createLinks({ people, firstLink, hash, sessions, now }),
    ownAccount: createOwnAccount({ people, store: stores.sessions, sessions, prove, hash, now }),
    people: createPeople({ store: people, sessions, now }),
  };
}
