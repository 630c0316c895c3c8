import { expect, it } from 'vitest';
import { noMemory } from '../../../gateway/pictures/memory.ts';
import { createPictureEvidence } from '../../../gateway/probes/picture-evidence.ts';

const began = Date.parse('2026-11-23T04:00:00.000Z');
const { standings } = noMemory();

function noteAt(evidence: ReturnType<typeof createPictureEvidence>, seconds: number) {
  return evidence.note({ before: standings, after: standings, jpeg: Buffer.from([seconds]), at: began + seconds * 1000 });
}

it('a picture kept once in five minutes is told in every look with the time it was taken', async () => {
  const evidence = createPictureEvidence({ keepPicture: async ([first]) => `picture of ${first}`, snapshotEverySeconds: 300 });
  const told = [];
  for (const seconds of [0, 60, 240]) told.push((await noteAt(evidence, seconds)).newest);
  const first = { jpeg: 'picture of 0', jpegAt: '2026-11-23T04:00:00.000Z' };
  expect(told).toEqual([first, first, first]);
});

it('a picture that could not be kept is not told, nor when it was taken', async () => {
  const keepPicture = async () => {
    throw new Error('the disk is full');
  };
  const { newest, fresh } = await noteAt(createPictureEvidence({ keepPicture, snapshotEverySeconds: 300 }), 0);
  expect([newest, fresh]).toEqual([undefined, true]);
});
