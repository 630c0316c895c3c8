// What became of each check of a canteen over time, for the band on its page and for other programs.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { CheckName } from '#contract/facts.ts';
import { Identifier, Instant } from '#contract/primitives.ts';
import type { Standard } from '#contract/standard.ts';
import { History } from '#contract/views.ts';
import type { Canteens } from '../canteens.ts';
import { historyBands, liveSpans, type ToldSpan } from '../compliance/history.ts';
import { may } from '../identity/roles.ts';
import type { StateStore } from '../stores/state-store.ts';
import { canteenAsked, windowAsked } from './asked.ts';
import { CanteenId, Invalid, Limit, NotFound } from './schemas.ts';

const closed = { additionalProperties: false };

export function historyRoutes(deps: {
  canteens: Pick<Canteens, 'find'>;
  store: Pick<StateStore, 'history'>;
  standard: Standard;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { canteens, store, standard, now } = deps;
  return async (app) => {
    app.get(
      '/api/canteens/:id/history',
      {
        config: { who: may.watch },
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
      async (request) => {
        const { params, query } = request;
        const { state } = canteenAsked(canteens, { id: params.id, request, now: now() });
        const { limit, device, check } = query;
        const { from, to } = windowAsked(query, { now: now(), latest: now() });
        const ended = await store.history({
          canteen: params.id,
          ...(device && { device }),
          ...(check && { check }),
          from,
          to,
          limit: limit + 1,
        });
        const isAsked = (span: ToldSpan) =>
          (device ?? span.device) === span.device && (check ?? span.check) === span.check && span.from < to && span.until > from;
        const told = [...liveSpans(state).filter(isAsked), ...ended].toSorted((one, other) => other.until - one.until).slice(0, limit + 1);
        const cut = told.length > limit;
        // What is missing ended before all that is given: nothing is said of the time before that.
        const begin = cut ? Math.max(from, ...told.slice(-1).map((span) => span.until)) : from;
        const heardUntil = (state.gateway.heardAt ?? 0) + standard.gatewayHeard.silentAfterSeconds * 1000;
        const window = { from: Math.min(begin, to), to, heardUntil };
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
