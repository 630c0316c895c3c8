// Search sessions: results found at once, handed out in pages, until they are all out or nobody asks any more.
import { randomUUID } from 'node:crypto';
import { invalidArgument, SoapFault } from './soap.ts';
import type { Xml } from './xml.ts';

export type SearchState = 'Searching' | 'Completed';
export type SearchKind = 'recordings' | 'events';

export interface SearchSessions {
  /** Throws the fault for no session left. */
  start(search: { kind: SearchKind; results: readonly Xml[]; keepAliveMs: number }): string;
  /** The next page; throws the fault for an unknown token. */
  next(search: { token: string; kind: SearchKind; limit: number }): { results: readonly Xml[]; state: SearchState };
  /** Keeps a session alive; throws the fault for an unknown token. A session that is completed is gone. */
  keepAlive(token: string): void;
  end(token: string): void;
}

export interface SearchSessionOptions {
  max: number;
  /** Most results in one answer, whatever the client asks for. */
  pageMax: number;
  now(): number;
  /** True while searches stop after their first page without ever being completed. */
  truncates(): boolean;
  /** True while no session is free. */
  busy(): boolean;
}

interface Session {
  kind: SearchKind;
  results: readonly Xml[];
  given: number;
  keepAliveMs: number;
  until: number;
}

const keepAliveMaxMs = 60_000;

export function createSearchSessions({ max, pageMax, now, truncates, busy }: SearchSessionOptions): SearchSessions {
  const sessions = new Map<string, Session>();

  /** Every request that names a session keeps it alive. */
  function touch(token: string): Session {
    const session = sessions.get(token);
    if (session === undefined || session.until <= now()) throw invalidArgument('InvalidToken', `There is no search "${token}".`);
    session.until = now() + session.keepAliveMs;
    return session;
  }

  return {
    start({ kind, results, keepAliveMs }) {
      for (const [token, session] of sessions) if (session.until <= now()) sessions.delete(token);
      if (sessions.size >= max || busy())
        throw new SoapFault('Receiver', ['Action', 'ResourceProblem'], 'The device has no search session left.');
      const token = randomUUID();
      const life = Math.min(keepAliveMs, keepAliveMaxMs);
      sessions.set(token, { kind, results, given: 0, keepAliveMs: life, until: now() + life });
      return token;
    },
    next({ token, kind, limit }) {
      const session = touch(token);
      if (session.kind !== kind) throw invalidArgument('InvalidToken', `The search "${token}" is not for ${kind}.`);
      const stuck = truncates() && session.given > 0;
      const end = stuck ? session.given : session.given + Math.min(limit, pageMax);
      const results = session.results.slice(session.given, end);
      session.given += results.length;
      const complete = session.given === session.results.length && !truncates();
      // The search service ends a session with its last results.
      if (complete) sessions.delete(token);
      return { results, state: complete ? 'Completed' : 'Searching' };
    },
    keepAlive(token) {
      touch(token);
    },
    end(token) {
      touch(token);
      sessions.delete(token);
    },
  };
}
