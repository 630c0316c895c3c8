// Looks at one picture of a camera, and tells what it shows against what is remembered of this camera.
import type { PictureMeasured } from '#contract/picture.ts';
import type { PictureObservation } from '../observation.ts';
import { changeBetween } from '../pictures/change.ts';
import { judgePicture } from '../pictures/judge-picture.ts';
import { seemsFrozen } from '../pictures/looks.ts';
import { type LastingMemory, noMemory, type PictureMemory, type References, type Taken } from '../pictures/memory.ts';
import type { Device, ProbeOptions } from './device.ts';
import { type MainStream, mainStreamOf } from './main-stream.ts';
import { createPictureEvidence } from './picture-evidence.ts';
import { seen } from './seen.ts';
import { type TakenPictures, takePicture } from './take-picture.ts';

export type PictureProbe = (device: Device, options: ProbeOptions) => Promise<PictureObservation>;

export interface PictureDeps {
  files: { references(): References; memory(): LastingMemory | undefined; remember(memory: LastingMemory): void };
  /** Whether the canteen is open, `at` milliseconds since 1970. */
  isOpen(at: number): boolean;
  /** Keeps a small JPEG as evidence and gives its SHA-256. Without it no picture is kept. */
  keepPicture?: ((jpeg: Buffer) => Promise<string>) | undefined;
  /** How often a picture is kept where nothing happens, seconds. */
  snapshotEverySeconds: number;
}

/** Never rejects. Remembers one camera from look to look: what is wrong with a picture is seldom told by a single one. */
export function createPictureProbe({ files, isOpen, ...deps }: PictureDeps): PictureProbe {
  const evidence = createPictureEvidence(deps);
  const find = createFinder();
  const keepLast = createLastPicture();
  let memory: PictureMemory = { ...noMemory(), ...files.memory() };

  const look = async (device: Device, { signal, now }: ProbeOptions): Promise<PictureMeasured> => {
    const source = await find(device, signal);
    const { credentials, streams } = device.session;
    const take = (count: 1 | 2) => source.use((address) => streams.using(() => takePicture(address, { credentials, signal, count })));
    const picture = await take(1);
    const at = now();
    const taken = { still: picture.first, keyframeSha256: picture.keyframesSha256[0] ?? '' };
    const change = memory.last && changeBetween(memory.last.still, taken.still);
    const closer = seemsFrozen(memory, taken, change) ? inARow(await take(2)) : undefined;
    const before = memory;
    const result = judgePicture(before, { taken, at, change, closer, references: files.references(), open: isOpen(at) });
    memory = { ...result.memory, last: keepLast(taken) };
    const kept = await evidence.note({ before: before.standings, after: memory.standings, jpeg: picture.jpeg, at });
    if (kept.changed || kept.fresh) files.remember(memory);
    const { width, height } = picture;
    return {
      ...result.judged,
      aspects: kept.attach(result.judged.aspects),
      width,
      height,
      ...kept.newest,
    };
  };

  return async (device, options) => {
    const picture = await seen(() => look(device, options));
    return { kind: 'picture', device: device.id, picture, at: new Date(options.now()).toISOString() };
  };
}

/** Written over each time: what is thrown away minute by minute for dozens of cameras is long in being collected. */
function createLastPicture() {
  let luma: Uint8Array | undefined;
  return ({ still, keyframeSha256 }: Taken): NonNullable<PictureMemory['last']> => {
    luma ??= new Uint8Array(still.luma.length);
    luma.set(still.luma);
    return { still: { luma }, keyframeSha256 };
  };
}

function inARow({ first, second, keyframesSha256 }: TakenPictures) {
  return second && { change: changeBetween(first, second), keyframesSha256 };
}

/** Asks a camera for its stream’s address only where the last one is of no use any more: it is several questions, once a minute. */
function createFinder() {
  let known: { session: Device['session']; source: MainStream } | undefined;
  return async (device: Device, signal: AbortSignal) => {
    const { session } = device;
    // A new session is a new address, or another password.
    const { source } = known?.session === session ? known : { source: await mainStreamOf(device, signal) };
    known = { session, source };
    return {
      async use<Value>(look: (address: string) => Promise<Value>): Promise<Value> {
        try {
          return await look(source.address);
        } catch (thrown) {
          known = undefined;
          throw thrown;
        }
      },
    };
  };
}
