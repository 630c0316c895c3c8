// The pictures that facts name by their SHA-256.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Canteens } from '../canteens.ts';
import { ServerError } from '../errors.ts';
import { callerOf } from '../identity/caller.ts';
import { may } from '../identity/roles.ts';
import type { EvidenceStore } from '../stores/evidence-store.ts';
import { CanteenId, Invalid, NotFound } from './schemas.ts';

const closed = { additionalProperties: false };
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'of the picture’s bytes, 64 lower-case hex digits' });
const Picture = Type.Unsafe<Buffer>({ type: 'string', format: 'binary' });

export function evidenceRoutes(deps: {
  canteens: Pick<Canteens, 'find'>;
  evidence: Pick<EvidenceStore, 'find'>;
  now: () => number;
}): FastifyPluginAsyncTypebox {
  const { canteens, evidence, now } = deps;
  return async (app) => {
    app.get(
      '/api/evidence/:canteen/:sha256',
      {
        config: { who: may.watch },
        schema: {
          tags: ['regulator'],
          summary: 'One picture a gateway sent as evidence',
          params: Type.Object({ canteen: CanteenId, sha256: Sha256 }, closed),
          response: { 200: { description: 'A JPEG', content: { 'image/jpeg': { schema: Picture } } }, 400: Invalid, 404: NotFound },
        },
      },
      async (request, reply) => {
        const { params } = request;
        const standing = canteens.find(params.canteen, now());
        const isSeen = standing !== undefined && callerOf(request).reach.has(standing.identity);
        const picture = isSeen ? await evidence.find(params) : undefined;
        if (picture === undefined) throw new ServerError('not-found', `there is no such picture of a canteen "${params.canteen}"`);
        // What lies at this address can never be another picture.
        reply.type('image/jpeg').header('cache-control', 'private, max-age=31536000, immutable');
        return picture;
      },
    );
  };
}
