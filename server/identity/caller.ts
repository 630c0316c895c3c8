// Who a request comes from, and what that lets it see.
import type { FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Reach } from './reach.ts';
import type { Identified } from './sessions.ts';

export interface Caller {
  /** Undefined where the route is for everyone: nobody is asked who they are. */
  who: Identified | undefined;
  /** The canteens that count as there: those in reach of the roles by which the route may be called. */
  reach: Reach;
  /** Whether who asked is still there and may do as much, for answers that go on for hours. */
  isStill: () => Promise<boolean>;
  /** Address of the network. */
  from: string;
}

export const callerKey = 'caller';

/** Set by the gate before any handler runs. */
export function callerOf(request: FastifyRequest): Caller {
  return request.getDecorator<Caller>(callerKey);
}

/** Whoever is asking; of a route that is not for everyone. */
export function whoAsks(request: FastifyRequest): Identified {
  const { who } = callerOf(request);
  if (who === undefined) throw new ServerError('not-signed-in', 'sign in first');
  return who;
}

/** Throws ServerError `not-allowed` for a token: one that got lost must not be able to make others, or to shut its owner out. */
export function whoAsksInPerson(request: FastifyRequest): Identified {
  const who = whoAsks(request);
  if (who.by === 'token') throw new ServerError('not-allowed', 'a token may not do this; sign in with your password');
  return who;
}
