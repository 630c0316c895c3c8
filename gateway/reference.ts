// `reference`: takes a camera’s picture now and keeps it, with a name to it, as what the camera is to show from now on.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CommandIo, done, refuse, wrongWords } from './command-io.ts';
import { loadSettings } from './config.ts';
import { createDevices } from './devices.ts';
import { createLedger } from './ledger/ledger.ts';
import { createLog } from './log.ts';
import { referenceOf } from './pictures/reference.ts';
import { createRegistry } from './registry.ts';

export const usage = 'usage: reference --config FILE --camera ID --by NAME [--renew]';

const lookMs = 60_000;
const nameLengthMax = 80;

/**
 * Gives the exit code. Whether the picture is one by day or by infrared, it tells by itself; an older one is replaced only where `--renew` says
 * so. A gateway that is running goes by the new one from its next look on.
 */
export async function runReference(args: string[], io: CommandIo): Promise<number> {
  let wanted: Wanted;
  try {
    wanted = parse(args);
  } catch (cause) {
    return refuse(io, `reference: ${wrongWords(cause)}\n${usage}`);
  }
  const settings = loadSettings(wanted.config);
  const log = createLog('error');
  const configured = [...settings.cameras, ...settings.recorders];
  const registry = createRegistry({ file: join(settings.dataDir, 'devices.json'), configured, log });
  // No recorder is asked and nothing goes up: the picture stays here, beside the name of whoever set it.
  const ledger = createLedger({ folder: join(settings.dataDir, 'ledger'), causeOf: () => () => () => 'unknown', now: io.now, log });
  const keepPicture = () => Promise.reject(new Error('a reference is no evidence'));
  const cameras = settings.cameras.map(({ id }) => id);
  const device = createDevices({ ...settings, recorders: [] }, { registry, ledger, keepPicture, now: io.now }).find(
    ({ id }) => id === wanted.camera,
  );
  if (device === undefined)
    return refuse(io, `reference: there is no camera "${wanted.camera}"; the settings know: ${cameras.join(', ') || 'none'}`);

  const taken = await device.takePicture(AbortSignal.any([io.signal, AbortSignal.timeout(lookMs)]));
  if (!taken.ok) return refuse(io, `reference: no picture could be taken of ${wanted.camera}: ${taken.fault}, ${taken.detail}`);
  const setAt = new Date(io.now()).toISOString();
  const found = referenceOf(taken.value.first, setAt);
  if (found === undefined) return refuse(io, `reference: the picture of ${wanted.camera} is too dark or too empty to be a reference`);
  const { kind, reference } = found;
  const before = device.pictureFiles.signature(kind);
  if (before !== undefined && !wanted.renew)
    return refuse(io, `reference: ${before.by} set one (${kind}) of ${wanted.camera} at ${before.setAt}; add --renew to replace it`);
  device.pictureFiles.setReference(kind, reference, { by: wanted.by, jpeg: taken.value.jpeg });
  io.stdout(
    `${wanted.camera}: reference (${kind}) set by ${wanted.by} at ${setAt}${before === undefined ? '' : `, in place of that by ${before.by}`}`,
  );
  return done;
}

interface Wanted {
  config: string;
  camera: string;
  by: string;
  renew: boolean;
}

function parse(args: string[]): Wanted {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { config: text, camera: text, by: text, renew: { type: 'boolean', default: false } } });
  const { config, camera, by, renew } = values;
  if (config === undefined || camera === undefined || by === undefined) throw new Error('--config, --camera and --by are all needed');
  if (by.trim() === '' || by.length > nameLengthMax) throw new Error(`--by: a name of 1 to ${nameLengthMax} characters is needed`);
  return { config, camera, by: by.trim(), renew };
}
