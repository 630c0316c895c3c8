// What is wrong with a picture, from the camera over the gateway’s looks and the contract to the gap the server opens for it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '#config/settings.ts';
import { validator } from '#config/validate.ts';
import { Fact } from '#contract/facts.ts';
import { Standard } from '#contract/standard.ts';
import { judge } from '../../gateway/checks/index.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { createPictureFiles, type PictureFiles } from '../../gateway/picture-files.ts';
import { noMemory } from '../../gateway/pictures/memory.ts';
import { referenceOf } from '../../gateway/pictures/reference.ts';
import type { Device } from '../../gateway/probes/device.ts';
import { createPictureProbe, type PictureProbe } from '../../gateway/probes/picture.ts';
import { takePicture } from '../../gateway/probes/take-picture.ts';
import { findings } from '../../server/compliance/findings.ts';
import { fold } from '../../server/compliance/fold.ts';
import { createMemory } from '../../server/compliance/memory.ts';
import { sound } from '../server/compliance/canteen.ts';
import { createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import type { FaultName } from '../simulators/faults.ts';
import { prepareMedia } from '../simulators/media.ts';

const standard = readSettings('config/standards/taiyuan-community-2022.yaml', Standard);
const noon = Date.parse('2026-11-23T04:00:00Z');
const password = 'simulated';
const folder = mkdtempSync(join(tmpdir(), 'mingzao-pictures-'));
let camera: SimulatedCamera;
let device: Device;
let files: PictureFiles;
let probe: PictureProbe;
let kept: Buffer[];

beforeAll(async () => {
  camera = await createCamera({ media: await prepareMedia(), password });
  const credentials = { username: camera.username, password };
  device = { id: 'hall-1', kind: 'camera', session: createOnvifSession({ address: camera.onvifUrl, credentials, now: Date.now }) };
  files = createPictureFiles(folder, 'hall-1');
  const picture = await takePicture(camera.streamUrls[0] ?? '', { credentials, signal: AbortSignal.timeout(20_000) });
  const found = referenceOf(picture.first, '2026-11-01T02:00:00.000Z');
  if (found === undefined) throw new Error('the camera shows too little to be a reference');
  files.setReference(found.kind, found.reference, { by: '王工', jpeg: picture.jpeg });
}, 120_000);
afterAll(async () => {
  await camera?.close();
  rmSync(folder, { recursive: true });
});

async function look(): Promise<Fact> {
  const observation = await probe(device, { signal: AbortSignal.timeout(30_000), now: () => noon });
  const [fact] = judge(observation, 200_000);
  if (fact === undefined) throw new Error('a look comes to a fact');
  expect(validator(Fact)(fact)).toMatchObject({ ok: true });
  return fact;
}

/** The rules that find fault with this camera once the fact is told. */
function gapsBy(data: Fact): string[] {
  const place = { specversion: '1.0', id: 'e/1', source: '/canteens/yingze-1', datacontenttype: 'application/json' } as const;
  const event = { ...place, type: 'cn.mingzao.fact.v1', time: data.observedAt, data, epoch: 'e1', sequence: 1_000_000 } as const;
  const state = fold(sound(), { kind: 'event', event }, noon);
  return findings(createMemory().sceneOf(state, standard, noon)).flatMap(({ rule, device: of, found }) =>
    of === 'hall-1' && 'certainty' in found ? [`${rule} ${found.certainty}`] : [],
  );
}

it.each<[FaultName, string]>([
  ['covered', 'picture-covered fault'],
  ['moved', 'camera-moved fault'],
  ['frozen', 'picture-frozen fault'],
  ['blurred', 'picture-blurred fault'],
  ['colour-cast', 'picture-colour-cast fault'],
  ['black', 'picture-black fault'],
])('a camera that is %s becomes the gap %s in the third look, and none when it is put right', { timeout: 180_000 }, async (fault, gap) => {
  kept = [];
  files.remember(noMemory());
  const keepPicture = async (jpeg: Buffer) => `${'0'.repeat(63)}${kept.push(jpeg)}`;
  probe = createPictureProbe({ files, isOpen: () => true, keepPicture, snapshotEverySeconds: 300 });
  // Its picture at two moments: the loop it plays is short, and a living camera never sends the same one twice.
  await look();
  const usual = await look();
  expect([usual.outcome, gapsBy(usual)]).toEqual(['ok', []]);

  await camera.faults.set(fault);
  const told: Fact[] = [];
  for (let times = 0; times < 4; times += 1) told.push(await look());
  await camera.faults.clear(fault);
  expect(
    told
      .slice(0, 2)
      .flatMap(gapsBy)
      .filter((each) => each.endsWith('fault')),
  ).toEqual([]);
  const last = told.at(-1);
  expect(last && gapsBy(last)).toEqual([gap]);
  expect(last?.measured).toMatchObject({
    aspects: { [fault]: { outcome: 'fault', after: expect.any(String), before: expect.any(String) } },
  });

  const again = await look();
  expect([again.outcome, gapsBy(again)]).toEqual(['ok', []]);
  expect(kept.length).toBeGreaterThanOrEqual(4);
  expect(kept.every((jpeg) => jpeg.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])))).toBe(true);
});
