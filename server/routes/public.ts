// What everyone may see of a canteen: its name, its district, whether it complies, and since when.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { Instant, Outcome } from '#contract/primitives.ts';
import type { Canteens } from '../canteens.ts';
import { may } from '../identity/roles.ts';
import type { Standing } from '../judging.ts';
import { worstFirst } from './views.ts';

const closed = { additionalProperties: false };
/** Everyone may ask, so the database is asked seldom. */
const keptMs = 10_000;

const PublicCanteen = Type.Object(
  {
    name: Type.String(),
    district: Type.String(),
    verdict: Outcome,
    since: Type.Union([Instant, Type.Null()], {
      description:
        'ok: when the last gap closed; else when the oldest of those that say so opened, or the gateway was heard last; null: not known',
    }),
  },
  closed,
);
const PublicList = Type.Object(
  { at: Instant, canteens: Type.Array(PublicCanteen) },
  { ...closed, description: 'Every canteen, worst first' },
);
type PublicList = Static<typeof PublicList>;

export function publicRoutes(deps: {
  canteens: Pick<Canteens, 'all'>;
  lastClosed: () => Promise<Map<string, string>>;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { canteens, lastClosed, now } = deps;
  let kept: { untilMs: number; list: Promise<PublicList> } | undefined;
  return async (app) => {
    app.get(
      '/api/public/canteens',
      {
        config: { who: may.seePublicList },
        schema: { tags: ['public'], summary: 'The short public list: which canteens comply', response: { 200: PublicList } },
      },
      async () => {
        if (kept === undefined || kept.untilMs <= now()) kept = { untilMs: now() + keptMs, list: list() };
        return kept.list.catch((cause) => {
          kept = undefined;
          throw cause;
        });
      },
    );
  };

  async function list(): Promise<PublicList> {
    const closedAt = await lastClosed();
    const standings = canteens.all(now()).toSorted((a, b) => worstFirst(a.summary, b.summary));
    return {
      at: new Date(now()).toISOString(),
      canteens: standings.map((standing) => {
        const { name, district, verdict } = standing.summary;
        return { name, district, verdict, since: verdict === 'ok' ? (closedAt.get(standing.identity.id) ?? null) : sinceOf(standing) };
      }),
    };
  }
}

function sinceOf({ open, summary }: Standing): string | null {
  const saying = open.filter(({ certainty, foldedUnder }) => certainty === summary.verdict && foldedUnder === null);
  const [oldest] = saying.map(({ openedAt }) => openedAt).toSorted();
  return oldest ?? (summary.verdict === 'unknown' ? summary.heardAt : null);
}
