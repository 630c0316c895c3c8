// Which physical device stands behind each id: its serial number, pinned at first contact, where it was last found, and which password it refused.
import { type Static, Type } from 'typebox';
import { FaultCode } from '#contract/fault-code.ts';
import { type Credentials, isMarkOf, markOf } from './credential-mark.ts';
import { jsonFile } from './json-file.ts';
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
  const damaged = 'the registry of devices is damaged and was moved aside; devices are registered anew';
  const stored = jsonFile(file, { schema: RegistryFile, damaged, log });
  const before = stored.read();
  const devices = new Map(Object.entries(before?.devices ?? {}));
  const refused = new Map(Object.entries(before?.refused ?? {}));

  const known = (device: string) => {
    const registration = devices.get(device);
    return registration?.configured === addresses.get(device) ? registration : undefined;
  };
  const save = () =>
    stored.write({
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
