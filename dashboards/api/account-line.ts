// The way to the server for signing in, for one's own account, and for whoever looks after people.
import type { Grant, Invitation, Person, Role, Token } from '#contract/people.ts';
import type { Board } from '#contract/views.ts';
import type { Ask } from './ask.ts';

/** Requests reject with `Refused`, or with whatever the network says. */
export interface AccountLine {
  signIn(about: { name: string; password: string; code?: string }): Promise<void>;
  readLink(secret: string): Promise<{ name: string | null; passwordRule: string }>;
  acceptLink(about: { secret: string; name?: string; password: string }): Promise<void>;

  changePassword(about: { password: string; next: string }): Promise<void>;
  offerFactor(password: string): Promise<{ secret: string; uri: string }>;
  confirmFactor(code: string): Promise<void>;
  removeFactor(password: string): Promise<void>;
  tokens(): Promise<Token[]>;
  makeToken(about: { password: string; name: string; roles: Role[]; days: number }): Promise<{ token: Token; secret: string }>;
  revokeToken(id: string): Promise<void>;

  people(): Promise<Person[]>;
  /** The names of the canteens whoever asks may see, by id. */
  canteenNames(): Promise<ReadonlyMap<string, string>>;
  invite(about: { name: string; grants: Grant[] }): Promise<Invitation>;
  inviteAgain(id: string): Promise<Invitation>;
  change(id: string, change: { grants?: Grant[]; disabled?: boolean }): Promise<void>;
}

export function createAccountLine({ ask }: { ask: Ask }): AccountLine {
  return {
    signIn: (body) => ask('POST', '/api/sign-in', { body }),
    readLink: (secret) => ask('POST', '/api/links/read', { body: { secret } }),
    acceptLink: (body) => ask('POST', '/api/links/accept', { body }),

    changePassword: (body) => ask('POST', '/api/me/password', { body }),
    offerFactor: (password) => ask('POST', '/api/me/second-factor', { body: { password } }),
    confirmFactor: (code) => ask('POST', '/api/me/second-factor/confirm', { body: { code } }),
    removeFactor: (password) => ask('POST', '/api/me/second-factor/remove', { body: { password } }),
    tokens: async () => (await ask<{ tokens: Token[] }>('GET', '/api/me/tokens')).tokens,
    makeToken: (body) => ask('POST', '/api/me/tokens', { body }),
    revokeToken: (id) => ask('DELETE', `/api/me/tokens/${id}`),

    people: async () => (await ask<{ people: Person[] }>('GET', '/api/people')).people,
    canteenNames: async () => new Map((await ask<Board>('GET', '/api/canteens')).canteens.map(({ id, name }) => [id, name])),
    invite: async (body) => (await ask<{ invitation: Invitation }>('POST', '/api/people', { body })).invitation,
    inviteAgain: (id) => ask('POST', `/api/people/${id}/invitation`),
    change: (id, body) => ask('PATCH', `/api/people/${id}`, { body }),
  };
}
