// Measured numbers over time: one metric of one device, point by point or hour by hour.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Identifier, Instant } from '#contract/primitives.ts';
import { Metric, metrics, type Resolution, Series } from '#contract/series.ts';
import type { Canteens } from '../canteens.ts';
import { may } from '../identity/roles.ts';
import type { TelemetryStore } from '../stores/telemetry-store.ts';
import { canteenAsked, windowAsked } from './asked.ts';
import { CanteenId, Invalid, NotFound, Unavailable } from './schemas.ts';

const closed = { additionalProperties: false };
const samplesMax = 10_000;

export function seriesRoutes(deps: {
  canteens: Pick<Canteens, 'find'>;
  telemetry: Pick<TelemetryStore, 'series'>;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { canteens, telemetry, now } = deps;
  return async (app) => {
    app.get(
      '/api/canteens/:id/series',
      {
        config: { who: may.watch },
        schema: {
          tags: ['regulator'],
          summary: 'One metric of one device over time',
          params: Type.Object({ id: CanteenId }, closed),
          querystring: Type.Object(
            {
              device: Type.String({ ...Identifier, description: 'a camera, recorder or zone of the canteen, or `gateway`' }),
              metric: Metric,
              from: Type.Optional(Type.String({ ...Instant, description: 'the beginning; left out, a day before `to`' })),
              to: Type.Optional(Type.String({ ...Instant, description: 'the end, not included; left out, now' })),
              resolution: Type.Enum(['raw', 'hour'] satisfies Resolution[], {
                default: 'raw',
                description: 'raw: each point, kept some days; hour: mean, least and most of each full hour, kept longer',
              }),
            },
            closed,
          ),
          response: { 200: Series, 400: Invalid, 404: NotFound, 503: Unavailable },
        },
      },
      async (request) => {
        const { params, query } = request;
        canteenAsked(canteens, { id: params.id, request, now: now() });
        const { device, metric, resolution } = query;
        const { from, to } = windowAsked(query, { now: now() });
        const found = await telemetry.series({ canteen: params.id, device, metric, from, to, resolution, limit: samplesMax + 1 });
        return {
          ...{ canteen: params.id, device, metric, unit: metrics[metric], resolution },
          ...{ from: new Date(from).toISOString(), to: new Date(to).toISOString() },
          truncated: found.length > samplesMax,
          samples: found.slice(0, samplesMax).map(({ at, ...numbers }) => ({ at: new Date(at).toISOString(), ...numbers })),
        };
      },
    );
  };
}
