// What whoever runs the server asks: is it well, and what did it have to refuse.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Instant } from '#contract/primitives.ts';
import type { Canteens } from '../canteens.ts';
import { may } from '../identity/roles.ts';
import type { StateStore } from '../stores/state-store.ts';
import type { Telemetry } from '../telemetry.ts';
import type { EventStreams } from './event-streams.ts';
import { Invalid, Limit } from './schemas.ts';

const closed = { additionalProperties: false };
const tags = ['operations'];
const Count = Type.Integer({ minimum: 0 });

const Health = Type.Object(
  {
    status: Type.Enum(['ok', 'failing'], { description: 'failing: what comes in cannot be stored, so nothing is acknowledged' }),
    ready: Type.Boolean({ description: 'what gateways tell can be heard and stored' }),
    at: Instant,
  },
  { ...closed, description: 'Whether the server does its work' },
);

const HealthDetails = Type.Object(
  {
    status: Type.Enum(['ok', 'failing'], { description: 'failing: what comes in cannot be stored, so nothing is acknowledged' }),
    ready: Type.Boolean({ description: 'what gateways tell can be heard and stored' }),
    version: Type.String(),
    at: Instant,
    uptimeSeconds: Type.Number({ minimum: 0 }),
    canteens: Count,
    eventsStored: Count,
    quarantined: Count,
    waiting: Type.Integer({ minimum: 0, description: 'messages that are not stored yet' }),
    telemetry: Type.Object(
      {
        status: Type.Enum(['ok', 'failing'], { description: 'failing: measured numbers cannot be kept at present, and wait' }),
        waiting: Type.Integer({ minimum: 0, description: 'points that are not where they are to be kept yet' }),
        dropped: Type.Integer({ minimum: 0, description: 'points that had to be given up' }),
      },
      closed,
    ),
    connections: Type.Object({ gateways: Count, pages: Count }, closed),
  },
  { ...closed, description: 'How the server is, in figures' },
);

const Live = Type.Object({ status: Type.Literal('ok') }, { ...closed, description: 'It runs and answers; nothing else was asked' });

const Ready = Type.Object(
  {
    ready: Type.Boolean(),
    obstacles: Type.Array(Type.Enum(['not-storing', 'not-hearing']), {
      description:
        'not-storing: what comes in cannot be stored. not-hearing: the MQTT broker is away, or left to other servers that can store',
    }),
  },
  { ...closed, description: 'Whether what gateways tell is heard and stored' },
);

const Quarantined = Type.Object(
  { canteen: Type.String(), topic: Type.String(), reason: Type.String(), payload: Type.String(), at: Instant },
  closed,
);

/** How much the rest of the server has to do. */
export interface Load {
  /** Messages that are not stored yet. */
  waiting: number;
  /** Connections of gateways. */
  gateways: number;
  /** Whether gateways can be heard at all: the MQTT broker may be elsewhere, and away. */
  hearing: boolean;
}

export function operationsRoutes(deps: {
  store: Pick<StateStore, 'tallies' | 'quarantine'>;
  canteens: Pick<Canteens, 'ids' | 'storing'>;
  telemetry: Pick<Telemetry, 'health'>;
  streams: Pick<EventStreams, 'count'>;
  load: () => Load;
  version: string;
  startedAt: number;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { store, canteens, telemetry, streams, load, version, startedAt, now } = deps;
  return async (app) => {
    const present = () => {
      const { hearing, ...figures } = load();
      const storing = canteens.storing();
      const obstacles = [...(storing ? [] : ['not-storing' as const]), ...(hearing ? [] : ['not-hearing' as const])];
      const status = storing ? ('ok' as const) : ('failing' as const);
      return {
        code: storing ? (200 as const) : (503 as const),
        figures,
        obstacles,
        view: { status, ready: obstacles.length === 0, at: new Date(now()).toISOString() },
      };
    };

    app.get(
      '/api/health',
      {
        config: { who: may.ask },
        schema: { tags, summary: 'Whether the server does its work; 503 while it cannot store', response: { 200: Health, 503: Health } },
      },
      (_, reply) => {
        const { code, view } = present();
        reply.code(code);
        return view;
      },
    );

    app.get(
      '/api/health/details',
      {
        config: { who: may.operate },
        schema: {
          tags,
          summary: 'How the server is, in figures; 503 while it cannot store',
          response: { 200: HealthDetails, 503: HealthDetails },
        },
      },
      async (_, reply) => {
        const { code, view, figures } = present();
        const { trouble, ...points } = telemetry.health();
        reply.code(code);
        return {
          ...view,
          version,
          uptimeSeconds: Math.round(now() - startedAt) / 1000,
          canteens: canteens.ids().length,
          ...(await store.tallies()),
          waiting: figures.waiting,
          telemetry: { status: trouble === undefined ? ('ok' as const) : ('failing' as const), ...points },
          connections: { gateways: figures.gateways, pages: streams.count() },
        };
      },
    );

    app.get(
      '/api/health/live',
      { config: { who: may.ask }, schema: { tags, summary: 'Whether the process answers', response: { 200: Live } } },
      () => ({
        status: 'ok' as const,
      }),
    );

    app.get(
      '/api/health/ready',
      {
        config: { who: may.ask },
        schema: { tags, summary: 'Whether the server does its work; 503 while it cannot', response: { 200: Ready, 503: Ready } },
      },
      (_, reply) => {
        const { obstacles, view } = present();
        reply.code(view.ready ? 200 : 503);
        return { ready: view.ready, obstacles };
      },
    );

    app.get(
      '/api/quarantine',
      {
        config: { who: may.operate },
        schema: {
          tags,
          summary: 'Messages that could not be taken in, newest first',
          querystring: Type.Object({ limit: Limit(1000, 100) }, closed),
          response: {
            200: Type.Object(
              { quarantined: Type.Array(Quarantined) },
              { ...closed, description: 'The refused messages, each with the reason' },
            ),
            400: Invalid,
          },
        },
      },
      async ({ query }) => ({ quarantined: await store.quarantine(query.limit) }),
    );
  };
}
