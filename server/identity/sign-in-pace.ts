// Slows down whoever guesses passwords, and locks nobody out of where they signed in before: strangers cannot slow them down there.
import { isIPv4 } from 'node:net';
import { ServerError } from '../errors.ts';
import type { AttemptStore } from '../stores/attempt-store.ts';
import { digestOf } from './secrets.ts';

export interface SignInPace {
  /** Counts an attempt before it is made. Throws ServerError `slow-down`. */
  begin(attempt: Attempt): Promise<void>;
  /** It was no wrong guess after all. `right`: the account is its owner's again, from that very attempt on. */
  takeBack(attempt: Attempt, about: { right: boolean }): Promise<void>;
}

export interface Attempt {
  /** The name as it is compared, whether there is such a person or not. */
  account: string;
  /** Of the network. */
  address: string;
  /** Whether this person has signed in from there before. */
  knownThere: boolean;
}

/**
 * From one address: enough for an office behind one, then a guess a minute at last. A person is guessed at from strange places, all of them together,
 * once in half a minute at last: whoever never stops keeps the owner out of places that are strange to them, and out of no other. From a place where
 * they signed in before only what is tried there counts.
 */
const limits = {
  address: { free: 20, longestMs: 60_000 },
  strangers: { free: 5, longestMs: 30_000 },
  known: { free: 5, longestMs: 60_000 },
};

export function createSignInPace({ store, now }: { store: AttemptStore; now: () => number }): SignInPace {
  return {
    begin: async (attempt) => {
      const keys = [
        { key: addressKey(attempt), waitMs: waitAfter(limits.address) },
        { key: accountKey(attempt), waitMs: waitAfter(attempt.knownThere ? limits.known : limits.strangers) },
      ];
      const waitMs = await store.begin(keys, now());
      if (waitMs <= 0) return;
      const retryAfterSeconds = Math.ceil(waitMs / 1000);
      throw new ServerError('slow-down', `there were too many failed attempts; try again in ${retryAfterSeconds} s`, { retryAfterSeconds });
    },
    // What was guessed from an address stays counted: an attacker with an account would clear it by signing in between two guesses.
    takeBack: (attempt, { right }) =>
      store.takeBack({
        keys: right ? [addressKey(attempt)] : [addressKey(attempt), accountKey(attempt)],
        forget: right ? [accountKey(attempt)] : [],
      }),
  };
}

/** After the free ones it doubles, from a second on. */
function waitAfter({ free, longestMs }: { free: number; longestMs: number }): (attempts: number) => number {
  return (attempts) => (attempts < free ? 0 : Math.min(longestMs, 1000 * 2 ** (attempts - free)));
}

/** Hashed, because people now and then type a password where the name belongs. */
function accountKey({ account, address, knownThere }: Attempt): string {
  return `account ${digestOf(knownThere ? `${account} at ${networkOf(address)}` : account)}`;
}

function addressKey({ address }: Attempt): string {
  return `address ${networkOf(address)}`;
}

/** Whoever has one IPv6 address has the 2^64 beside it as well. */
export function networkOf(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  if (isIPv4(mapped) || !address.includes(':')) return mapped;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
