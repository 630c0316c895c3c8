// One account on one device: once its password is refused at any door, it is not tried again at any.
import { DeviceError, redacted } from './device-error.ts';
import type { Credentials } from './http-digest.ts';

export interface Account {
  readonly credentials: Credentials | undefined;
  /** Whether the device was seen to take the password. */
  taken(): boolean;
  /** One way in: SOAP, files, streams. Each may be full while the others are not. */
  door(): Door;
}

export interface Door {
  /** Throws where the password is not to be sent: it was refused, or a moment ago it seemed to be. */
  mayTry(): void;
  /** The device took the password here. */
  accepted(): void;
  /** The device refused. What to throw: a refusal that is final, or `busy` where the same password was taken before. */
  refused(refusal: DeviceError): DeviceError;
  /** Runs what sends the password by itself, if the device asks for one. */
  using<Value>(work: () => Promise<Value>): Promise<Value>;
}

/** Long enough for a device to be rid of connections nobody uses, and shorter than a fact may be believed. */
const doubtMs = 30_000;

/** `now`: milliseconds since 1970. */
export function createAccount(credentials: Credentials | undefined, now: () => number): Account {
  let taken = false;
  let final: DeviceError | undefined;
  const said = (fault: DeviceError['fault'], detail: string) =>
    new DeviceError(fault, redacted(detail, credentials === undefined ? [] : [credentials.password]));

  const door = (): Door => {
    let doubt: { at: number; error: DeviceError } | undefined;
    const mayTry = () => {
      if (final !== undefined) throw final;
      if (doubt !== undefined && Math.abs(now() - doubt.at) < doubtMs) throw doubt.error;
    };
    const refused = (refusal: DeviceError) => {
      // A device whose connections are used up says 401 too. What was right a minute ago is not wrong at once: it gets one more try.
      if (refusal.fault === 'credentials-refused' && taken && doubt === undefined) {
        doubt = { at: now(), error: said('busy', `the device took the password before, and does not now: ${refusal.detail}`) };
        return doubt.error;
      }
      final = said(refusal.fault, `${refusal.detail}; not tried again with the same password`);
      return final;
    };
    return {
      mayTry,
      refused,
      accepted() {
        taken = true;
        doubt = undefined;
      },
      async using(work) {
        mayTry();
        try {
          const value = await work();
          doubt = undefined;
          return value;
        } catch (thrown) {
          throw isRefusal(thrown) && credentials !== undefined ? refused(thrown) : thrown;
        }
      },
    };
  };
  return { credentials, taken: () => taken, door };
}

/** The device lets nobody in with this user name and password. */
export function isRefusal(thrown: unknown): thrown is DeviceError {
  return thrown instanceof DeviceError && (thrown.fault === 'credentials-refused' || thrown.fault === 'locked');
}
