// A whole simulated canteen: its cameras and recorders by description, and the control interface over them.
import { type Static, Type } from 'typebox';
import { SettingsError } from '#config/settings.ts';
import { Identifier } from '#contract/primitives.ts';
import { createCamera } from './camera.ts';
import { type AnyDevice, type Control, createControl } from './control.ts';
import { faultNames, faultsOf } from './faults.ts';
import type { ClipName, Media } from './media.ts';
import { createRecorder } from './recorder.ts';
import { vendorNames } from './vendors/index.ts';

const closed = { additionalProperties: false };
const clipNames: ClipName[] = ['h264-1080p', 'h265-1080p', 'h264-720p', 'black-1080p', 'frozen-1080p'];

const Port = Type.Integer({ minimum: 0, maximum: 65_535, description: '0: any free port' });
const Word = Type.String({ minLength: 1, maxLength: 128 });
const Clip = Type.Enum(clipNames, { description: 'what it shows; h264-1080p unless given' });
const TimeOfDay = Type.String({ pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$', description: 'HH:MM, from 00:00 to 24:00' });

const common = {
  id: Identifier,
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'anything a person reads' })),
  port: Type.Optional(Port),
  rtspPort: Type.Optional(Port),
  username: Word,
  password: Type.String({ minLength: 1, maxLength: 128, description: 'of the simulator only: never a real device’s' }),
  serial: Type.Optional(Word),
  faults: Type.Optional(Type.Array(Type.Enum(faultNames), { description: 'on from the start' })),
};

const Gap = Type.Object(
  {
    daysAgo: Type.Integer({ minimum: 0, maximum: 4000, description: '0 is today' }),
    from: Type.Optional(TimeOfDay),
    to: Type.Optional(TimeOfDay),
  },
  { ...closed, description: 'without from and to the whole day is missing' },
);

const RecordedChannel = Type.Object(
  {
    name: Word,
    clip: Type.Optional(Clip),
    days: Type.Optional(Type.Integer({ minimum: 0, maximum: 4000, description: 'whole days kept before today; 90 unless given' })),
    gaps: Type.Optional(Type.Array(Gap, { maxItems: 1000 })),
  },
  closed,
);

const Disk = Type.Object(
  {
    capacityGigabytes: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6, description: '8000 unless given' })),
    freeGigabytes: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6, description: '0 unless given' })),
    overwrites: Type.Optional(Type.Boolean({ description: 'whether the oldest footage makes room; true unless given' })),
    retentionDays: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4000, description: 'the longest it is set to keep; 0, unless given, is no limit' }),
    ),
  },
  { ...closed, description: 'told by the makers’ own interfaces; by ONVIF only retentionDays' },
);

const Camera = Type.Object({ ...common, kind: Type.Literal('camera'), clip: Type.Optional(Clip) }, closed);
const Recorder = Type.Object(
  {
    ...common,
    kind: Type.Literal('recorder'),
    channels: Type.Array(RecordedChannel, { minItems: 1, maxItems: 64 }),
    history: Type.Optional(Type.Enum(['full', 'ends-only'], { description: 'ends-only: its search knows no holes' })),
    disk: Type.Optional(Disk),
    vendor: Type.Optional(
      Type.Enum(vendorNames, {
        description: 'a recorder without Profile G, with the interface of this maker; unless given, one with Profile G',
      }),
    ),
  },
  closed,
);

/** What `npm run simulate` reads. */
export const CanteenDescription = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'the address everything listens at' }),
    controlPort: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: '0: any free port' }),
    discoveryInterface: Type.Optional(
      Type.String({ description: 'answer WS-Discovery on the interface with this address; without it devices are not discoverable' }),
    ),
    devices: Type.Array(Type.Union([Camera, Recorder]), { minItems: 1, maxItems: 200 }),
  },
  closed,
);
export type CanteenDescription = Static<typeof CanteenDescription>;
type Described = CanteenDescription['devices'][number];

export interface SimulatedCanteen {
  readonly devices: ReadonlyMap<string, AnyDevice>;
  readonly control: Control;
  close(): Promise<void>;
}

export interface CanteenDeps {
  media: Media;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** Starts everything, or nothing: rejects with a SettingsError where the description cannot be carried out, a port taken above all. */
export async function runCanteen(description: CanteenDescription, deps: CanteenDeps): Promise<SimulatedCanteen> {
  const devices = new Map<string, AnyDevice>();
  let control: Control | undefined;
  const close = async () => {
    await control?.close();
    await Promise.all([...devices.values()].map((device) => device.close()));
  };
  try {
    for (const described of description.devices) {
      if (devices.has(described.id)) throw new SettingsError(`devices: the id "${described.id}" is there twice; each device needs its own`);
      const device = await started(`devices.${described.id}`, () => createDescribed(described, description, deps));
      devices.set(described.id, device);
      await switchOn(described, device);
    }
    const { host, controlPort: port } = description;
    control = await started('controlPort', () => createControl({ host, port, devices }));
    return { devices, control, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createDescribed(
  described: Described,
  { host, discoveryInterface }: CanteenDescription,
  { media, now }: CanteenDeps,
): Promise<AnyDevice> {
  const { id, name = id, serial = `SIM-${id}`, port, rtspPort, username, password } = described;
  const discovery = discoveryInterface === undefined ? undefined : { interface: discoveryInterface };
  const shared = { media, host, port, rtspPort, username, password, identity: { name, serial }, discovery, now };
  switch (described.kind) {
    case 'camera':
      return createCamera({ ...shared, clip: described.clip });
    case 'recorder':
      return createRecorder({
        ...shared,
        channels: described.channels,
        history: described.history,
        vendor: described.vendor,
        disk: described.disk,
      });
  }
}

async function switchOn({ id, kind, faults = [] }: Described, device: AnyDevice): Promise<void> {
  const impossible = faults.find((fault) => !faultsOf(kind).includes(fault));
  if (impossible !== undefined)
    throw new SettingsError(`devices.${id}.faults: a ${kind} cannot have the fault "${impossible}"; allowed: ${faultsOf(kind).join(', ')}`);
  for (const fault of faults) await device.faults.set(fault);
}

async function started<Value>(key: string, start: () => Promise<Value>): Promise<Value> {
  try {
    return await start();
  } catch (cause) {
    const sentence = sentenceFor(key, cause as SystemError);
    throw sentence === undefined ? cause : new SettingsError(sentence, { cause });
  }
}

type SystemError = NodeJS.ErrnoException & { port?: number; address?: string };

/** What a person can put right; undefined for any other error. */
function sentenceFor(key: string, { code, port, address }: SystemError): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `${key}: port ${port} on ${address} is taken by another program`;
    case 'EACCES':
      return `${key}: this user may not listen at port ${port} on ${address}`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'host: this machine has no such address; 127.0.0.1 keeps everything on this machine';
    case 'ENODEV':
    case 'EINVAL':
      return 'discoveryInterface: this machine has no network interface with that address';
    default:
      return undefined;
  }
}
