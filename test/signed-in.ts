// People for tests and benches, as they come to be in earnest: the first administrator by the link the server prints, everybody else by invitation.
import type { Grant, Invitation } from '#contract/people.ts';

export const password = 'long enough to be one';

export interface Account {
  name: string;
  password: string;
}

const usual: Account = { name: '站长', password };

export interface SignedIn {
  /** For the header `cookie`. */
  cookie: string;
  /** The same for a browser. */
  browserCookie: { name: string; value: string; url: string };
  fetch(path: string, init?: { method?: string; body?: object }): Promise<Response>;
  /** Rejects where the answer is no success. */
  ask<Answer>(path: string, init?: { method?: string; body?: object }): Promise<Answer>;
}

/** `link` as the server printed it. */
export async function firstAdministrator(link: string, about: Partial<Account> = {}): Promise<SignedIn> {
  const { name, password } = { ...usual, ...about };
  return accept(new URL(link), { name, password });
}

export async function invited(
  administrator: SignedIn,
  about: { address: string; name: string; grants: Grant[]; password?: string },
): Promise<SignedIn> {
  const { address, name, grants, password = usual.password } = about;
  const { invitation } = await administrator.ask<{ invitation: Invitation }>('/api/people', { method: 'POST', body: { name, grants } });
  return accept(new URL(invitation.path, address), { password });
}

/** By name and password. */
export async function signedIn(address: string, about: Partial<Account> = {}): Promise<SignedIn> {
  const { name, password } = { ...usual, ...about };
  return withCookie(address, await send(`${address}/api/sign-in`, { method: 'POST', body: { name, password } }));
}

async function accept({ origin, hash }: URL, about: { name?: string; password: string }): Promise<SignedIn> {
  const body = { secret: hash.slice(1), ...about };
  return withCookie(origin, await send(`${origin}/api/links/accept`, { method: 'POST', body }));
}

async function withCookie(address: string, answer: Response): Promise<SignedIn> {
  if (!answer.ok) throw new Error(`nobody was signed in: ${await answer.text()}`);
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  const [name = '', value = ''] = cookie.split('=');
  const ask = (path: string, init = {}) => send(address + path, { ...init, cookie });
  return {
    cookie,
    browserCookie: { name, value, url: address },
    fetch: ask,
    ask: async <Answer>(path: string, init = {}) => {
      const response = await ask(path, init);
      if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
      return (await response.json()) as Answer;
    },
  };
}

function send(url: string, { method = 'GET', body, cookie }: { method?: string; body?: object; cookie?: string }): Promise<Response> {
  return fetch(url, {
    method,
    headers: { 'x-mingzao': '1', ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}
