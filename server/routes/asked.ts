// What a request asks about: which canteen, and from when to when. What is not there, or cannot be, is refused in the same sentence everywhere.
import type { FastifyRequest } from 'fastify';
import type { Canteens } from '../canteens.ts';
import { ServerError } from '../errors.ts';
import { callerOf } from '../identity/caller.ts';
import type { Standing } from '../judging.ts';

const dayMs = 86_400_000;

/** One that whoever asks may not see is as good as none. Throws ServerError `not-found`. */
export function canteenAsked(canteens: Pick<Canteens, 'find'>, about: { id: string; request: FastifyRequest; now: number }): Standing {
  const { id, request, now } = about;
  const standing = canteens.find(id, now);
  if (standing === undefined || !callerOf(request).reach.has(standing.identity))
    throw new ServerError('not-found', `there is no canteen "${id}"; /api/canteens lists them`);
  return standing;
}

/** Milliseconds since 1970; left out, the day before `now`. `latest`: where it ends at the latest. Throws ServerError `invalid-request`. */
export function windowAsked(
  query: { from?: string; to?: string },
  { now, latest = Number.POSITIVE_INFINITY }: { now: number; latest?: number },
): { from: number; to: number } {
  const to = Math.min(latest, query.to === undefined ? now : Date.parse(query.to));
  const from = query.from === undefined ? to - dayMs : Date.parse(query.from);
  if (from >= to) throw new ServerError('invalid-request', `querystring/from: it must lie before ${new Date(to).toISOString()}`);
  return { from, to };
}
