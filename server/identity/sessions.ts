// Knows who a request comes from, by the secret of its session or token, and tells when somebody is no longer who they were.
import type { Grant } from '#contract/people.ts';
import type { SessionLimits, SessionStore } from '../stores/session-store.ts';
import { digestOf, newSecret } from './secrets.ts';
import { networkOf } from './sign-in-pace.ts';

/** What a request shows to say who it comes from. */
export interface Credential {
  kind: 'session' | 'token';
  secret: string;
}

export interface Identified {
  person: { id: string; name: string };
  grants: Grant[];
  by: Credential['kind'];
  /** Of the credential: what tells one session from another. */
  digest: string;
}

/** Who has just proven, or chosen, the password of this hash. */
interface Opener {
  id: string;
  name: string;
  passwordHash: string;
}

export interface Sessions {
  /** Gives the new session's secret. Throws ServerError `wrong-credentials` where `passwordHash` is not the person's any longer, or the person disabled. */
  open(about: { person: Opener; from: string; action: string }): Promise<string>;
  identify(credential: Credential): Promise<Identified | undefined>;
  end(who: Identified, from: string): Promise<void>;
  /** To be called after whatever changed about somebody: nothing known of them before counts any longer. */
  changed(person: string): void;
  /** Calls back with the id of everybody about whom something changed, until the returned function is called. */
  onChange(listener: (person: string) => void): () => void;
}

/** A request that comes right after another is not worth a question to the database; another server's changes count after this time here. */
const believedMs = 2_000;
const believedMax = 10_000;
/** How exactly it is known when a session was used last. */
const touchMs = 60_000;

export function createSessions(deps: {
  store: SessionStore;
  /** A session ends when it was not used for `idleHours`, and after `longestDays` in any case. */
  limits: { idleHours: number; longestDays: number };
  now: () => number;
}): Sessions {
  const { store, limits, now } = deps;
  const believed = new Map<string, { who: Identified; untilMs: number }>();
  const listeners = new Set<(person: string) => void>();
  const instant = (ms: number) => new Date(ms).toISOString();
  const present = (): SessionLimits => ({
    madeAfter: instant(now() - limits.longestDays * 86_400_000),
    usedAfter: instant(now() - limits.idleHours * 3_600_000),
  });

  return {
    open: async ({ person, from, action }) => {
      const secret = newSecret();
      const entry = { at: now(), who: person.name, action, subject: person.name, from };
      const session = { digest: digestOf(secret), person: person.id, passwordHash: person.passwordHash, at: instant(now()) };
      await store.open({ ...session, origin: from, network: networkOf(from), limits: present() }, entry);
      return secret;
    },
    identify: async ({ kind, secret }) => {
      const digest = digestOf(secret);
      const known = believed.get(digest);
      if (known !== undefined && known.untilMs > now() && known.who.by === kind) return known.who;
      believed.delete(digest);
      const who = await (kind === 'session' ? bySession(digest) : byToken(digest));
      if (who !== undefined) believe(digest, who);
      return who;
    },
    end: async ({ person, digest }, from) => {
      await store.end(digest, { at: now(), who: person.name, action: 'signed-out', subject: person.name, from });
      changed(person.id);
    },
    changed,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  async function bySession(digest: string): Promise<Identified | undefined> {
    const found = await store.session(digest, present());
    if (found === undefined) return undefined;
    if (now() - Date.parse(found.usedAt) > touchMs) await store.used(digest, instant(now()));
    return { person: found.person, grants: found.grants, by: 'session', digest };
  }

  async function byToken(digest: string): Promise<Identified | undefined> {
    const found = await store.token(digest, instant(now()));
    if (found === undefined) return undefined;
    if (now() - Date.parse(found.usedAt ?? instant(0)) > touchMs) await store.tokenUsed(digest, instant(now()));
    // What its owner has lost since, it has lost as well.
    const grants = found.grants.filter(({ role }) => found.roles.includes(role));
    return { person: found.person, grants, by: 'token', digest };
  }

  function believe(digest: string, who: Identified): void {
    const [oldest] = believed.keys();
    if (believed.size >= believedMax && oldest !== undefined) believed.delete(oldest);
    believed.set(digest, { who, untilMs: now() + believedMs });
  }

  function changed(person: string): void {
    for (const [digest, { who }] of believed) if (who.person.id === person) believed.delete(digest);
    for (const listener of listeners) listener(person);
  }
}
