// What became of each check of a canteen over time, for the band on its page and for other programs.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { CheckName } from '#contract/facts.ts';
import { Identifier, Instant } from '#contract/primitives.ts';
import { History } from '#contract/views.ts';
import type { Canteens } from '../canteens.ts';
import { historyBands } from '../compliance/history.ts';
import { ServerError } from '../errors.ts';
import type { StateStore } from '../stores/state-store.ts';
import { CanteenId, Invalid, Limit, NotFound } from './schemas.ts';

const closed = { additionalProperties: false };
const dayMs = 86_400_000;

export function historyRoutes(deps: {
  canteens: Pick<Canteens, 'ids'>;
  store: Pick<StateStore, 'history'>;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { canteens, store, now } = deps;
  return async (app) => {
    app.get(
      '/api/canteens/:id/history',
      {
        schema: {
          tags: ['regulator'],
          summary: 'What each check of each device told, and when nobody knew',
          params: Type.Object({ id: CanteenId }, closed),
          querystring: Type.Object(
            {
              device: Type.Optional(Type.String({ ...Identifier, description: 'only this device; of a coverage check, the zone' })),
              check: Type.Optional(Type.Enum(CheckName.enum, { description: 'only this check' })),
              from: Type.Optional(Type.String({ ...Instant, description: 'left out: 24 hours before `to`' })),
              to: Type.Optional(Type.String({ ...Instant, description: 'left out, or in the future: now' })),
              limit: Limit(20_000, 5000),
            },
            closed,
          ),
          response: { 200: History, 400: Invalid, 404: NotFound },
        },
      },
      async ({ params, query }) => {
        if (!canteens.ids().includes(params.id))
          throw new ServerError('not-found', `there is no canteen "${params.id}"; /api/canteens lists them`);
        const { limit, device, check } = query;
        const to = Math.min(now(), query.to === undefined ? now() : Date.parse(query.to));
        const from = query.from === undefined ? to - dayMs : Date.parse(query.from);
        if (from >= to) throw new ServerError('invalid-request', 'querystring/from: it must lie before `to`, and before now');
        const told = await store.history({
          canteen: params.id,
          ...(device && { device }),
          ...(check && { check }),
          from,
          to,
          limit: limit + 1,
        });
        const cut = told.length > limit;
        // Of what came first something is missing, so nothing is said of it.
        const window = { from: cut ? Math.max(from, ...told.slice(-1).map((span) => span.from)) : from, to };
        return {
          at: new Date(now()).toISOString(),
          from: new Date(window.from).toISOString(),
          to: new Date(to).toISOString(),
          complete: !cut,
          bands: historyBands(told, window),
        };
      },
    );
  };
}
