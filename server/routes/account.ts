// One's own account: who one is, password, second factor, tokens.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Code, Me, Password, Role, Token } from '#contract/people.ts';
import { callerOf, whoAsks, whoAsksInPerson } from '../identity/caller.ts';
import type { Identity } from '../identity/identity.ts';
import { passwordRule } from '../identity/password-rule.ts';
import { may } from '../identity/roles.ts';
import type { StoredToken } from '../stores/session-store.ts';
import { Done, Invalid, NotFound, TooMany } from './schemas.ts';

const closed = { additionalProperties: false };
const tags = ['people'];
const config = { who: may.keepOwnAccount };
const refused = { 400: Invalid, 429: TooMany };

export function accountRoutes({ ownAccount }: Pick<Identity, 'ownAccount'>): FastifyPluginAsyncTypebox {
  const asked = (request: FastifyRequest) => ({ who: whoAsksInPerson(request), from: callerOf(request).from });
  return async (app) => {
    app.get('/api/me', { config, schema: { tags, summary: 'Who I am, and what I may do', response: { 200: Me } } }, async (request) => {
      const { person, grants, by } = whoAsks(request);
      return { name: person.name, grants, by, secondFactor: await ownAccount.hasFactor(person.id), passwordRule };
    });

    app.post(
      '/api/me/password',
      {
        config,
        schema: {
          tags,
          summary: 'Change my password; every other session of mine ends, and so do my tokens',
          body: Type.Object({ password: Password, next: Password }, closed),
          response: { 204: Done, ...refused },
        },
      },
      async (request, reply) => {
        await ownAccount.changePassword(asked(request), request.body);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/api/me/second-factor',
      {
        config,
        schema: {
          tags,
          summary: 'Ask for a second factor; it counts once a code of it is confirmed',
          body: Type.Object({ password: Password }, closed),
          response: {
            200: Type.Object(
              { secret: Type.String({ description: 'base 32, to type' }), uri: Type.String({ description: 'otpauth://…, for a QR code' }) },
              { ...closed, description: 'For an authenticator; shown once' },
            ),
            ...refused,
          },
        },
      },
      (request) => ownAccount.offerFactor(asked(request), request.body),
    );

    app.post(
      '/api/me/second-factor/confirm',
      {
        config,
        schema: {
          tags,
          summary: 'Confirm the second factor by a code; signing in asks for one from now on',
          body: Type.Object({ code: Code }, closed),
          response: { 204: Done, ...refused },
        },
      },
      async (request, reply) => {
        await ownAccount.confirmFactor(asked(request), request.body.code);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/api/me/second-factor/remove',
      {
        config,
        schema: {
          tags,
          summary: 'Sign in without a second factor from now on',
          body: Type.Object({ password: Password }, closed),
          response: { 204: Done, ...refused },
        },
      },
      async (request, reply) => {
        await ownAccount.dropFactor(asked(request), request.body);
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/api/me/tokens',
      {
        config,
        schema: {
          tags,
          summary: 'My tokens',
          response: { 200: Type.Object({ tokens: Type.Array(Token) }, { ...closed, description: 'My tokens' }) },
        },
      },
      async (request) => ({ tokens: (await ownAccount.tokens(asked(request))).map(view) }),
    );

    app.post(
      '/api/me/tokens',
      {
        config,
        schema: {
          tags,
          summary: 'Make a token for a program; its secret is in this answer and nowhere else',
          body: Type.Object(
            {
              password: Password,
              name: Type.String({ minLength: 1, maxLength: 80, description: 'what it is for' }),
              roles: Type.Array(Role, { minItems: 1, uniqueItems: true, description: 'which of my roles it carries' }),
              days: Type.Integer({ minimum: 1, maximum: 365, default: 90, description: 'how long it is valid, 1 to 365 days' }),
            },
            closed,
          ),
          response: {
            200: Type.Object(
              { token: Token, secret: Type.String({ description: 'for the header authorization: Bearer …' }) },
              { ...closed, description: 'The token, and its secret' },
            ),
            ...refused,
          },
        },
      },
      async (request) => {
        const { token, secret } = await ownAccount.makeToken(asked(request), request.body);
        return { token: view(token), secret };
      },
    );

    app.delete(
      '/api/me/tokens/:token',
      {
        config,
        schema: {
          tags,
          summary: 'Revoke one of my tokens',
          params: Type.Object({ token: Type.String({ format: 'uuid', description: 'its id' }) }, closed),
          response: { 204: Done, 404: NotFound, ...refused },
        },
      },
      async (request, reply) => {
        await ownAccount.removeToken(asked(request), request.params.token);
        return reply.code(204).send(null);
      },
    );
  };
}

function view({ id, name, roles, createdAt, expiresAt, usedAt }: StoredToken): Token {
  return { id, name, roles, createdAt, expiresAt, usedAt };
}
