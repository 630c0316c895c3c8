// Signing in and out, and the one-time links by which somebody chooses a password.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Code, LinkSecret, Password, PersonName } from '#contract/people.ts';
import { giveSession, sessionOf, takeSession } from '../identity/credentials.ts';
import type { Identity } from '../identity/identity.ts';
import { passwordRule } from '../identity/password-rule.ts';
import { may } from '../identity/roles.ts';
import { Gone, Invalid, Taken, TooMany, Unauthorized, Unavailable } from './schemas.ts';

const closed = { additionalProperties: false };
const tags = ['people'];
const config = { who: may.ask };

export function signInRoutes({ sessions, signIn, links, sessionDays }: Identity): FastifyPluginAsyncTypebox {
  const give = (request: FastifyRequest, reply: FastifyReply, secret: string) => {
    giveSession(request, reply, { secret, longestDays: sessionDays });
    return reply.code(204).send(null);
  };
  return async (app) => {
    app.post(
      '/api/sign-in',
      {
        config,
        schema: {
          tags,
          summary: 'Sign in: the answer sets a session cookie',
          body: Type.Object({ name: PersonName, password: Password, code: Type.Optional(Code) }, closed),
          response: {
            204: Type.Null({ description: 'Signed in' }),
            ...{ 400: Invalid, 401: Unauthorized, 429: TooMany, 503: Unavailable },
          },
        },
      },
      async (request, reply) => give(request, reply, await signIn({ ...request.body, from: request.ip })),
    );

    app.post(
      '/api/sign-out',
      { config, schema: { tags, summary: 'End this session', response: { 204: Type.Null({ description: 'Signed out' }) } } },
      async (request, reply) => {
        const credential = sessionOf(request);
        const who = credential && (await sessions.identify(credential));
        if (who !== undefined) await sessions.end(who, request.ip);
        takeSession(request, reply);
        return reply.code(204).send(null);
      },
    );

    app.post(
      '/api/links/read',
      {
        config,
        schema: {
          tags,
          summary: 'Whom a one-time link is for',
          body: Type.Object({ secret: LinkSecret }, closed),
          response: {
            200: Type.Object(
              {
                name: Type.Union([Type.String(), Type.Null()], { description: 'null: the first administrator, who chooses a name' }),
                passwordRule: Type.String({ description: 'what a password has to be, in a sentence' }),
              },
              { ...closed, description: 'Whom it is for' },
            ),
            ...{ 400: Invalid, 410: Gone },
          },
        },
      },
      async ({ body }) => ({ ...(await links.read(body.secret)), passwordRule }),
    );

    app.post(
      '/api/links/accept',
      {
        config,
        schema: {
          tags,
          summary: 'Choose a password by a one-time link: the answer sets a session cookie',
          body: Type.Object({ secret: LinkSecret, name: Type.Optional(PersonName), password: Password }, closed),
          response: {
            204: Type.Null({ description: 'Signed in; the link is used up' }),
            ...{ 400: Invalid, 401: Unauthorized, 409: Taken, 410: Gone, 503: Unavailable },
          },
        },
      },
      async (request, reply) => give(request, reply, await links.accept({ ...request.body, from: request.ip })),
    );
  };
}
