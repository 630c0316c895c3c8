// For administrators: people, what they may do, and what was done.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AuditView } from '#contract/audit.ts';
import { Grants, Invitation, Person, PersonName } from '#contract/people.ts';
import { callerOf, whoAsksInPerson } from '../identity/caller.ts';
import type { Identity } from '../identity/identity.ts';
import { may } from '../identity/roles.ts';
import type { AuditRow } from '../stores/audit-chain.ts';
import { Invalid, Limit, NotFound, Taken } from './schemas.ts';

const closed = { additionalProperties: false };
const tags = ['people'];
const config = { who: may.managePeople };
const PersonId = Type.String({ format: 'uuid', description: 'a person’s id, as /api/people lists it' });

export function peopleRoutes({ people, audit }: Pick<Identity, 'people' | 'audit'>): FastifyPluginAsyncTypebox {
  const asked = (request: FastifyRequest) => ({ who: whoAsksInPerson(request), from: callerOf(request).from });
  return async (app) => {
    app.get(
      '/api/people',
      {
        config,
        schema: {
          tags,
          summary: 'Everybody who may sign in',
          response: { 200: Type.Object({ people: Type.Array(Person) }, { ...closed, description: 'Everybody, in the order they came' }) },
        },
      },
      async () => ({ people: await people.all() }),
    );

    app.post(
      '/api/people',
      {
        config,
        schema: {
          tags,
          summary: 'Invite somebody, who chooses a password by a one-time link',
          body: Type.Object({ name: PersonName, grants: Grants }, closed),
          response: {
            200: Type.Object(
              { person: Person, invitation: Invitation },
              { ...closed, description: 'The person, and the link to hand over' },
            ),
            ...{ 400: Invalid, 409: Taken },
          },
        },
      },
      (request) => people.invite(asked(request), request.body),
    );

    app.patch(
      '/api/people/:person',
      {
        config,
        schema: {
          tags,
          summary: 'Change what somebody may do, or shut them out; that counts at once, on open pages too',
          params: Type.Object({ person: PersonId }, closed),
          body: Type.Object(
            {
              grants: Type.Optional(Grants),
              disabled: Type.Optional(Type.Boolean({ description: 'true: out at once, with all sessions and tokens' })),
            },
            closed,
          ),
          response: { 200: Person, 400: Invalid, 404: NotFound, 409: Taken },
        },
      },
      (request) => people.change(asked(request), request.params.person, request.body),
    );

    app.post(
      '/api/people/:person/invitation',
      {
        config,
        schema: {
          tags,
          summary: 'Another one-time link, for a password or second factor that got lost; opening it ends all sessions and tokens',
          params: Type.Object({ person: PersonId }, closed),
          response: { 200: Invitation, 400: Invalid, 404: NotFound },
        },
      },
      (request) => people.inviteAgain(asked(request), request.params.person),
    );

    app.get(
      '/api/audit',
      {
        config: { who: may.readAudit },
        schema: {
          tags: ['operations'],
          summary: 'Who did what, when and from where, newest first',
          querystring: Type.Object(
            {
              before: Type.Optional(Type.Integer({ minimum: 1, description: 'only entries before this number' })),
              limit: Limit(1000, 100),
            },
            closed,
          ),
          response: { 200: AuditView, 400: Invalid },
        },
      },
      async ({ query }) => ({ head: await audit.head(), entries: (await audit.newest(query)).map(view) }),
    );
  };
}

function view({ origin, detail, previous: _, ...entry }: AuditRow): AuditView['entries'][number] {
  return { ...entry, from: origin, detail: JSON.parse(detail) };
}
