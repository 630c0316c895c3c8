// Learns how a device lets us in and signs that way. A refused password is told to the account, which stops all attempts before it locks.
import type { Account } from './account.ts';
import { DeviceError } from './device-error.ts';
import { type DigestChallenge, digestAuthorization, parseDigestChallenge } from './http-digest.ts';
import type { Markup } from './markup.ts';
import { usernameToken } from './username-token.ts';

/** What to put on one request. */
export interface Signing {
  token: Markup | undefined;
  headers(verb: string, url: URL, body?: string): Record<string, string>;
}

/** What one signed request came to; only a refusal by the device is told here, any other failure is thrown. */
export type Tried<Value> = { ok: true; value: Value } | { ok: false; refusal: DeviceError; challenges: readonly string[] };

export interface Authenticator {
  /**
   * Runs `attempt`, and again with what the device asked for. Throws what `attempt` throws, and the device's refusal; a refusal of what is
   * `privileged`, or one that no password was sent to, is the fault `not-supported`, and says nothing of the password.
   */
  perform<Value>(attempt: (signing: Signing) => Promise<Tried<Value>>, options: PerformOptions): Promise<Value>;
}

export interface PerformOptions {
  signal: AbortSignal;
  privileged?: boolean;
}

type Method = { kind: 'none' } | { kind: 'digest'; challenge: DigestChallenge; count: number } | { kind: 'token'; offsetSeconds: number };

/** The device's clock against ours, as far as signing needs it. */
export interface DeviceClock {
  /** Seconds the device is ahead, as last measured. */
  last(): number | undefined;
  /** Measures anew, without a password. */
  measure(options: { signal: AbortSignal }): Promise<number>;
}

const nothing: Signing = { token: undefined, headers: () => ({}) };

/** Without `clock` there is no UsernameToken: for plain HTTP requests, where only digest has a place. */
export function createAuthenticator(about: { account: Account; now: () => number; clock?: DeviceClock }): Authenticator {
  const { account, now, clock } = about;
  const { credentials } = account;
  if (credentials === undefined) return { perform: withoutCredentials };
  const { username, password } = credentials;
  let method: Method = { kind: 'none' };
  const door = account.door();
  let turn: Promise<unknown> = Promise.resolve();

  return {
    async perform(attempt, options) {
      const before = turn;
      const mine = waited(before, options.signal).then(() => authenticated(attempt, options));
      // Two requests that learn at the same time would send a wrong password twice.
      turn = Promise.allSettled([before, mine]);
      return mine;
    },
  };

  async function authenticated<Value>(
    attempt: (signing: Signing) => Promise<Tried<Value>>,
    { signal, privileged = false }: PerformOptions,
  ): Promise<Value> {
    door.mayTry();
    let tried = await attempt(signing(method));
    let sent = method.kind !== 'none';
    for await (const next of tried.ok ? [] : waysAfter(method, tried, signal)) {
      sent = true;
      tried = await attempt(signing(next));
      if (tried.ok) method = next;
      if (tried.ok || tried.refusal.fault === 'locked') break;
    }
    if (tried.ok) {
      if (method.kind !== 'none') door.accepted();
      return tried.value;
    }
    // Nothing was refused that was never sent: such a door says nothing of the password.
    if (!sent && tried.refusal.fault !== 'locked')
      throw new DeviceError('not-supported', `${tried.refusal.detail}, which asks for a log-in that is not spoken here (only digest is)`);
    if (privileged && tried.refusal.fault !== 'locked') throw new DeviceError('not-supported', 'this account may not ask that');
    // Learnt anew at the next try, which then sends the password once.
    method = { kind: 'none' };
    throw door.refused(tried.refusal);
  }

  /**
   * What is still worth sending after a refusal. Never the same password twice in the same way: five wrong ones lock many cameras for
   * half an hour. A used-up nonce, or a clock that was set meanwhile, is not a wrong password.
   */
  async function* waysAfter(
    before: Method,
    { challenges, refusal }: { challenges: readonly string[]; refusal: DeviceError },
    signal: AbortSignal,
  ) {
    if (refusal.fault === 'locked') return;
    const challenge = parseDigestChallenge(challenges);
    if (challenge !== undefined && isFresh(challenge, before)) yield { kind: 'digest', challenge, count: 0 } satisfies Method;
    if (clock === undefined || before.kind === 'digest') return;
    const offsetSeconds = before.kind === 'token' ? await clock.measure({ signal }) : (clock.last() ?? (await clock.measure({ signal })));
    if (before.kind === 'none' || Math.abs(offsetSeconds - before.offsetSeconds) > 2)
      yield { kind: 'token', offsetSeconds } satisfies Method;
  }

  function signing(how: Method): Signing {
    if (how.kind === 'none') return nothing;
    if (how.kind === 'digest') return { token: undefined, headers: (verb, url, body) => digestHeaders(how, { method: verb, url, body }) };
    how.offsetSeconds = clock?.last() ?? how.offsetSeconds;
    // Half a second back: a token from the future is refused sooner than one from the past.
    const created = new Date(now() + how.offsetSeconds * 1000 - 500);
    return { token: usernameToken({ username, password }, created), headers: () => ({}) };
  }

  function digestHeaders(
    how: Method & { kind: 'digest' },
    { url, ...request }: { method: string; url: URL; body: string | undefined },
  ): Record<string, string> {
    how.count += 1;
    const target = `${url.pathname}${url.search}`;
    const { challenge, count } = how;
    return { authorization: digestAuthorization({ challenge, credentials: { username, password }, target, count, ...request }) };
  }
}

async function withoutCredentials<Value>(attempt: (signing: Signing) => Promise<Tried<Value>>): Promise<Value> {
  const tried = await attempt(nothing);
  if (tried.ok) return tried.value;
  if (tried.refusal.fault === 'locked') throw tried.refusal;
  throw new DeviceError('credentials-refused', 'the device asks for a user name and password, and none are configured');
}

/** Devices that do not say `stale` only give another nonce when one is used up. */
function isFresh(challenge: DigestChallenge, before: Method): boolean {
  if (before.kind !== 'digest') return true;
  return challenge.stale ?? challenge.nonce !== before.challenge.nonce;
}

function waited(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const tooLate = () => reject(new DeviceError('no-answer', 'there was no time left to ask'));
  if (signal.aborted) tooLate();
  signal.addEventListener('abort', tooLate, { once: true });
  void before.then(() => {
    signal.removeEventListener('abort', tooLate);
    resolve();
  });
  return promise;
}
