// Asks the interface without a network, as somebody who came to be as people do in earnest.
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { Grant } from '#contract/people.ts';
import type { App } from '../../server/app.ts';
import type { Identity } from '../../server/identity/identity.ts';
import { password } from '../signed-in.ts';

export interface Ask {
  (url: string, about?: Pick<InjectOptions, 'method' | 'payload' | 'headers'>): Promise<LightMyRequestResponse>;
  cookie: string;
}

export function asNobody(app: App, cookie = ''): Ask {
  const ask = (url: string, { method = 'GET', headers = {}, ...rest }: Parameters<Ask>[1] = {}) =>
    app.inject({ url, method, headers: { 'x-mingzao': '1', ...(cookie && { cookie }), ...headers }, ...rest });
  return Object.assign(ask, { cookie });
}

/** The first administrator, or the same one again. */
export async function asAdministrator(app: App, { firstLink }: Pick<Identity, 'firstLink'>, name = '站长'): Promise<Ask> {
  const secret = await firstLink.offer();
  return secret === undefined ? signedIn(app, name) : given(app, '/api/links/accept', { secret, name, password });
}

export async function asInvited(app: App, administrator: Ask, about: { name: string; grants: Grant[] }): Promise<Ask> {
  const { invitation } = (await administrator('/api/people', { method: 'POST', payload: about })).json();
  return given(app, '/api/links/accept', { secret: invitation.path.split('#')[1], password });
}

export function signedIn(app: App, name: string): Promise<Ask> {
  return given(app, '/api/sign-in', { name, password });
}

async function given(app: App, url: string, payload: object): Promise<Ask> {
  const answer = await asNobody(app)(url, { method: 'POST', payload });
  if (answer.statusCode !== 204) throw new Error(`nobody was signed in: ${answer.body}`);
  const [session] = answer.cookies;
  return asNobody(app, `${session?.name}=${session?.value}`);
}
