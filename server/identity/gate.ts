// Stands before every route: finds out who is asking, and lets through only those the route names.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServerError } from '../errors.ts';
import { type Caller, callerKey } from './caller.ts';
import { credentialOf, sessionOf } from './credentials.ts';
import { nothing, reachOf } from './reach.ts';
import type { Sessions } from './sessions.ts';

/** To be called before any route is added, and after cookies are understood. */
export function guard(app: FastifyInstance, { sessions }: { sessions: Pick<Sessions, 'identify'> }): void {
  app.decorateRequest(callerKey, null);
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    refuseForeign(request);
    request.setDecorator<Caller>(callerKey, await caller(request));
  });

  async function caller(request: FastifyRequest): Promise<Caller> {
    const { who } = request.routeOptions.config;
    const from = request.ip;
    if (who === 'everyone') return { who: undefined, reach: nothing, isStill: async () => true, from };
    if (who === undefined) throw new ServerError('not-allowed', 'nobody may do this');
    const credential = credentialOf(request);
    const identified = credential === undefined ? undefined : await sessions.identify(credential);
    if (identified === undefined) throw new ServerError('not-signed-in', notSignedIn(credential?.kind));
    if (!identified.grants.some(({ role }) => who.includes(role)))
      throw new ServerError('not-allowed', `this is for: ${who.join(', ')}; ${identified.person.name} is none of these here`);
    const isStill = async () => {
      const again = credential && (await sessions.identify(credential));
      return again !== undefined && JSON.stringify(again.grants) === JSON.stringify(identified.grants);
    };
    return { who: identified, reach: reachOf(identified.grants, who), isStill, from };
  }
}

/**
 * A page of another site can make a browser send a request with our cookie. It cannot make it carry this header, unless we agreed to that beforehand
 * (CORS), which we never do. A token is nothing a browser sends by itself. `Sec-Fetch-Site`, where a browser tells it, also keeps another site
 * from signing somebody in; and bodies are JSON, which no form sends.
 */
function refuseForeign(request: FastifyRequest): void {
  const { method, headers } = request;
  if (method === 'GET' || method === 'HEAD' || headers.authorization !== undefined) return;
  const site = headers['sec-fetch-site'] ?? 'same-origin';
  const isOurs = headers['x-mingzao'] !== undefined || sessionOf(request) === undefined;
  if (!isOurs || (site !== 'same-origin' && site !== 'none'))
    throw new ServerError(
      'foreign-request',
      'a request that changes something by the cookie of a session must carry the header "x-mingzao: 1"',
    );
}

function notSignedIn(kind: 'session' | 'token' | undefined): string {
  if (kind === undefined) return 'sign in first, at /sign-in or with a token';
  return kind === 'session' ? 'this session is over; sign in again' : 'this token is unknown, revoked or has expired';
}
