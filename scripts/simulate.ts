// Runs a simulated canteen, or switches a fault of one that is running.
import { readSettings, SettingsError } from '#config/settings.ts';
import { CanteenDescription, runCanteen, type SimulatedCanteen } from '../test/simulators/canteen.ts';
import type { AnyDevice } from '../test/simulators/control.ts';
import { faultList, faultsOf } from '../test/simulators/faults.ts';
import { prepareMedia } from '../test/simulators/media.ts';

const usage =
  'Usage: simulate FILE, or: simulate set CONTROL-URL DEVICE FAULT on|off; for example: simulate config/simulated-canteen.example.yaml';
const program = 'npm run -s simulate --';

/** A command that cannot be carried out as it was typed. */
class UsageError extends Error {
  override name = 'UsageError';
}

const words = process.argv.slice(2);
try {
  await (words[0] === 'set' ? setFault(words.slice(1)) : run(words));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function run([file, ...rest]: string[]): Promise<void> {
  if (file === undefined || file.startsWith('-') || rest.length > 0) throw new UsageError(usage);
  const description = readSettings(file, CanteenDescription);
  const canteen = await runCanteen(description, { media: await prepareMedia() });
  console.log(summary(canteen));
  const stop = () => {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    void canteen.close();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
}

function summary({ devices, control }: SimulatedCanteen): string {
  const [example = ''] = devices.keys();
  return [
    ...[...devices].map(([id, device]) => describe(id, device)),
    `Control   ${control.url}/devices`,
    `          ${program} set ${control.url} ${example} black on`,
    `Faults of a camera:\n${faultLines('camera')}`,
    `Faults of a recorder:\n${faultLines('recorder')}`,
    'Ctrl-C ends it.',
  ].join('\n\n');
}

function describe(id: string, { kind, onvifUrl, streamUrls, username, password, faults }: AnyDevice): string {
  const [stream = ''] = streamUrls;
  const watched = new URL(stream);
  watched.username = username;
  watched.password = password;
  return [
    `${id} (${kind})`,
    `  ONVIF   ${onvifUrl}`,
    `  account ${username} / ${password}`,
    ...streamUrls.map((url) => `  stream  ${url}`),
    `  watch   ffplay -rtsp_transport tcp '${watched.href}'`,
    ...(faults.active().length > 0 ? [`  faults  ${faults.active().join(', ')}`] : []),
  ].join('\n');
}

function faultLines(kind: AnyDevice['kind']): string {
  return faultsOf(kind)
    .map((name) => `  ${name.padEnd(18)} ${faultList[name].does}`)
    .join('\n');
}

async function setFault([url, device, fault, state, ...rest]: string[]): Promise<void> {
  if (url === undefined || device === undefined || fault === undefined || !(state === 'on' || state === 'off') || rest.length > 0)
    throw new UsageError(usage);
  if (!URL.canParse(url)) throw new UsageError(`"${url}" is not an address; it must look like http://127.0.0.1:8090.`);
  const target = new URL(`/devices/${encodeURIComponent(device)}/faults/${encodeURIComponent(fault)}`, url);
  const response = await fetch(target, { method: state === 'on' ? 'PUT' : 'DELETE' }).catch(() => undefined);
  if (response === undefined) throw new UsageError(`No simulated canteen answers at ${url}.`);
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new UsageError(errorIn(answer) ?? notSimulated(url));
  if (!isDevice(answer)) throw new UsageError(notSimulated(url));
  console.log(`${device}: ${fault} is ${state}.`);
}

function notSimulated(url: string): string {
  return `What answers at ${url} is not the control of a simulated canteen; that address is printed at its start.`;
}

function isDevice(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'faults' in answer;
}

function errorIn(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null && 'error' in answer ? String(answer.error) : undefined;
}
