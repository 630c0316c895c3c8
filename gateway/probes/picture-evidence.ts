// Keeps pictures as evidence: before and after something went wrong or right, and otherwise one now and then.
import { type PictureAspect, type PictureAspects, pictureAspects } from '#contract/picture.ts';
import { ofEveryAspect, type PictureMemory } from '../pictures/memory.ts';

type Standings = PictureMemory['standings'];

export interface Kept {
  /** SHA-256 of the newest picture that was kept, and when it was taken; nothing where it could not be kept. */
  newest: { jpeg: string; jpegAt: string } | undefined;
  /** Whether some aspect went wrong, or right again. */
  changed: boolean;
  /** Whether this picture was kept. */
  fresh: boolean;
  attach(aspects: PictureAspects): PictureAspects;
}

export function createPictureEvidence(deps: {
  keepPicture?: ((jpeg: Buffer) => Promise<string>) | undefined;
  snapshotEverySeconds: number;
}) {
  const { keepPicture, snapshotEverySeconds } = deps;
  const changes: Partial<Record<PictureAspect, { before?: string; after?: string }>> = {};
  /** The last picture in which the aspect did not look wrong. */
  let lastRight: Record<PictureAspect, Buffer | undefined> = ofEveryAspect(() => undefined);
  let newest: { jpeg: string | undefined; at: number } | undefined;

  // A picture that cannot be kept leaves the finding without its picture, and no more than that.
  const keep = async (jpeg: Buffer | undefined) => (jpeg === undefined ? undefined : await keepPicture?.(jpeg).catch(() => undefined));

  return {
    async note({ before, after, jpeg, at }: { before: Standings; after: Standings; jpeg: Buffer; at: number }): Promise<Kept> {
      const changed = pictureAspects.filter((aspect) => hasChanged(before[aspect], after[aspect]));
      const age = newest === undefined ? Number.POSITIVE_INFINITY : at - newest.at;
      const fresh = changed.length > 0 || age < 0 || age >= snapshotEverySeconds * 1000;
      if (fresh) newest = { jpeg: await keep(jpeg), at };
      for (const aspect of changed) changes[aspect] = defined({ before: await keep(lastRight[aspect]), after: newest?.jpeg });
      lastRight = ofEveryAspect((aspect) => (after[aspect].samples === 0 ? jpeg : lastRight[aspect]));
      return {
        newest: newest?.jpeg === undefined ? undefined : { jpeg: newest.jpeg, jpegAt: new Date(newest.at).toISOString() },
        changed: changed.length > 0,
        fresh,
        attach: (aspects) => ({
          black: { ...aspects.black, ...changes.black },
          covered: { ...aspects.covered, ...changes.covered },
          frozen: { ...aspects.frozen, ...changes.frozen },
          moved: { ...aspects.moved, ...changes.moved },
          blurred: { ...aspects.blurred, ...changes.blurred },
          'colour-cast': { ...aspects['colour-cast'], ...changes['colour-cast'] },
        }),
      };
    },
  };
}

function hasChanged(before: Standings[PictureAspect], after: Standings[PictureAspect]): boolean {
  return before.settled !== after.settled && (before.settled === 'fault' || after.settled === 'fault');
}

function defined({ before, after }: { before: string | undefined; after: string | undefined }): { before?: string; after?: string } {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}
