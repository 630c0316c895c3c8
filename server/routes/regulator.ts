// What the regulator's pages ask: the board, one canteen, gaps, the standard, and everything as it changes.
import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Gap } from '#contract/gaps.ts';
import { Identifier, Instant } from '#contract/primitives.ts';
import { Standard, standardName } from '#contract/standard.ts';
import { Board, CanteenView } from '#contract/views.ts';
import type { Canteens } from '../canteens.ts';
import { ServerError } from '../errors.ts';
import { callerOf } from '../identity/caller.ts';
import { may } from '../identity/roles.ts';
import type { StateStore } from '../stores/state-store.ts';
import { canteenAsked } from './asked.ts';
import type { EventStreams } from './event-streams.ts';
import { CanteenId, Invalid, Limit, NotFound, Unavailable } from './schemas.ts';
import { canteenView, worstFirst } from './views.ts';

const closed = { additionalProperties: false };
const tags = ['regulator'];
const config = { who: may.watch };
/** On the wire it is text; the handler gives the stream it comes from. */
const EventStream = Type.Unsafe<Readable>({ type: 'string' });

export function regulatorRoutes(deps: {
  canteens: Canteens;
  store: Pick<StateStore, 'gaps'>;
  standard: Standard;
  streams: EventStreams;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { canteens, store, standard, streams, now } = deps;
  const at = () => new Date(now()).toISOString();
  const seen = (request: FastifyRequest) => canteens.all(now()).filter(({ identity }) => callerOf(request).reach.has(identity));
  return async (app) => {
    app.get('/api/canteens', { config, schema: { tags, summary: 'Every canteen, worst first', response: { 200: Board } } }, (request) => ({
      at: at(),
      standard: standardName(standard),
      standardTitle: standard.title,
      canteens: seen(request)
        .map(({ summary }) => summary)
        .toSorted(worstFirst),
    }));

    app.get(
      '/api/canteens/:id',
      {
        config,
        schema: {
          tags,
          summary: 'One canteen: verdict, open gaps, devices and the newest fact of each check',
          params: Type.Object({ id: CanteenId }, closed),
          response: { 200: CanteenView, 400: Invalid, 404: NotFound },
        },
      },
      (request) => canteenView(canteenAsked(canteens, { id: request.params.id, request, now: now() }), { standard, now: now() }),
    );

    app.get(
      '/api/gaps',
      {
        config,
        schema: {
          tags,
          summary: 'Acceptance gaps, those opened last first',
          querystring: Type.Object(
            {
              status: Type.Enum(['open', 'closed', 'all'], { default: 'open', description: 'which gaps' }),
              canteen: Type.Optional(CanteenId),
              rule: Type.Optional(Type.String({ ...Identifier, description: 'a rule’s id, e.g. retention-short' })),
              limit: Limit(1000, 200),
            },
            closed,
          ),
          response: {
            200: Type.Object({ at: Instant, gaps: Type.Array(Gap) }, { ...closed, description: 'The gaps, and as of when' }),
            400: Invalid,
            503: Unavailable,
          },
        },
      },
      async (request) => {
        // Gaps open by being stored: without a store that works, an empty list would be a lie.
        if (!canteens.storing())
          throw new ServerError('not-storing', 'nothing can be stored at present, so which gaps are open is not known');
        const { everything } = callerOf(request).reach;
        const canteensSeen = everything ? {} : { canteens: seen(request).map(({ identity }) => identity.id) };
        return { at: at(), gaps: await store.gaps({ ...request.query, ...canteensSeen }) };
      },
    );

    app.get(
      '/api/standards',
      {
        config,
        schema: {
          tags,
          summary: 'The standard every canteen is judged by',
          response: {
            200: Type.Object({ standards: Type.Array(Standard) }, { ...closed, description: 'The standards, each number with its clause' }),
          },
        },
      },
      () => ({ standards: [standard] }),
    );

    app.get(
      '/api/events',
      {
        config,
        // Answered to HEAD, the stream would stay open with nobody to read it.
        exposeHeadRoute: false,
        schema: {
          tags,
          summary:
            'Server-sent events: first one `canteen` each, then every `canteen` and `gap` that changes, `withdrawn` for a canteen supervised no longer, and `tick` in between',
          response: {
            200: { description: 'A stream that does not end', content: { 'text/event-stream': { schema: EventStream } } },
            503: Unavailable,
          },
        },
      },
      (request, reply) => {
        reply.type('text/event-stream').header('cache-control', 'no-store');
        return streams.open(callerOf(request));
      },
    );
  };
}
