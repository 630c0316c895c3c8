// Which physical device stands behind each id: its serial number, pinned at first contact, where it was last found, and which password it refused.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Static, Type } from 'typebox';
import { validator } from '#config/validate.ts';
import { FaultCode } from '#contract/fault-code.ts';
import { type Credentials, isMarkOf, markOf } from './credential-mark.ts';
import { GatewayError } from './errors.ts';
import { parseJson } from './json.ts';
import type { Log } from './log.ts';

const closed = { additionalProperties: false };

/** `configured`: the address the settings gave when it was registered. `found`: where it answers now, if elsewhere. */
const Registration = Type.Object(
  { serial: Type.String({ minLength: 1 }), configured: Type.String(), found: Type.Optional(Type.String()) },
  closed,
);
/** Of a password that was refused, so that a gateway that starts again and again does not lock the account. */
const Refused = Type.Object({ mark: Type.String(), fault: FaultCode, detail: Type.String() }, closed);
const RegistryFile = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    devices: Type.Record(Type.String(), Registration),
    refused: Type.Optional(Type.Record(Type.String(), Refused)),
  },
  closed,
);
type RegistryFile = Static<typeof RegistryFile>;

export interface Registry {
  /** Undefined before the first contact, and for a device that tells no serial number. */
  serialOf(device: string): string | undefined;
  /** Where the device is to be asked: where it was last found, otherwise where the settings say. */
  addressOf(device: string): string | undefined;
  /** Remembers the serial number, if none is known yet. */
  pin(device: string, serial: string): void;
  /** The device now answers at `address`. */
  moved(device: string, address: string): void;
  /** Why this device refused these very credentials; undefined where it did not, or where others are configured now. */
  refusalOf(device: string, credentials: Credentials | undefined): Refusal | undefined;
  refused(device: string, credentials: Credentials | undefined, refusal: Refusal): void;
  /** They may be tried once more. */
  forgetRefusal(device: string): void;
}

type Refusal = Pick<Static<typeof Refused>, 'fault' | 'detail'>;

const check = validator(RegistryFile);

/**
 * `configured` is what the settings say now. Whoever gives a device another address there means another device or place: it is registered anew.
 * Throws GatewayError `store-unusable` where the file cannot be read or written; one that makes no sense is moved aside.
 */
export function createRegistry({
  file,
  configured,
  log,
}: {
  file: string;
  configured: { id: string; address: string }[];
  log: Log;
}): Registry {
  const addresses = new Map(configured.map(({ id, address }) => [id, address]));
  const stored = read(file, log);
  const devices = new Map(Object.entries(stored.devices));
  const refused = new Map(Object.entries(stored.refused ?? {}));

  const known = (device: string) => {
    const registration = devices.get(device);
    return registration?.configured === addresses.get(device) ? registration : undefined;
  };
  const save = () =>
    write(file, {
      schemaVersion: 1,
      devices: Object.fromEntries(devices),
      ...(refused.size === 0 ? {} : { refused: Object.fromEntries(refused) }),
    });

  return {
    serialOf: (device) => known(device)?.serial,
    addressOf: (device) => known(device)?.found ?? addresses.get(device),
    pin(device, serial) {
      const address = addresses.get(device);
      if (serial === '' || address === undefined || known(device) !== undefined) return;
      devices.set(device, { serial, configured: address });
      save();
      log.info({ device, serial, file }, 'device registered; to accept another one in its place, remove it from the file');
    },
    moved(device, address) {
      const registration = known(device);
      if (registration === undefined) return;
      devices.set(device, { ...registration, found: address });
      save();
    },
    refusalOf(device, credentials) {
      const refusal = refused.get(device);
      if (refusal === undefined || credentials === undefined || !isMarkOf(refusal.mark, credentials)) return undefined;
      return { fault: refusal.fault, detail: refusal.detail };
    },
    refused(device, credentials, { fault, detail }) {
      const before = refused.get(device);
      if (credentials === undefined || (before !== undefined && isMarkOf(before.mark, credentials))) return;
      refused.set(device, { mark: markOf(credentials), fault, detail });
      save();
    },
    forgetRefusal(device) {
      if (refused.delete(device)) save();
    },
  };
}

function read(file: string, log: Log): Omit<RegistryFile, 'schemaVersion'> {
  const bytes = readIfThere(file);
  if (bytes === undefined) return { devices: {} };
  const checked = check(parseJson(bytes));
  if (checked.ok) return checked.value;
  const aside = `${file}.damaged`;
  renameSync(file, aside);
  log.error({ problem: checked.problem, aside }, 'the registry of devices is damaged and was moved aside; devices are registered anew');
  return { devices: {} };
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GatewayError('store-unusable', `${file}: it cannot be read; the gateway must be able to read and write it`, { cause });
  }
}

/** Whole or not at all, also when the power goes. */
function write(file: string, content: RegistryFile): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { flush: true });
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw new GatewayError('store-unusable', `${file}: it cannot be written`, { cause });
  }
}
