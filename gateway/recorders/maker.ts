// Whose recorder it is, as far as that decides in which ways it is asked.
import { readIdentity } from '../onvif/device.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';

/** Something asked in a maker's own way; without `makers` every recorder may know it. `makers`: by what the device calls its maker. */
export interface MakersWay {
  makers?: RegExp | undefined;
}

/** Says of one of `ways` whether this recorder may know it. Who made the recorder is asked once, and only when it matters. */
export function knowledge(
  session: OnvifSession,
  ways: readonly MakersWay[],
  { signal }: { signal: AbortSignal },
): (way: MakersWay) => Promise<boolean> {
  let asked: Promise<string> | undefined;
  return async ({ makers }) => {
    if (makers === undefined) return true;
    asked ??= makerOf(session, { signal });
    const maker = await asked;
    // Recorders are sold under many names: one of a maker nobody knows is asked in every way, each of which begins with a harmless question.
    return makers.test(maker) || !ways.some((each) => each.makers?.test(maker));
  };
}

/** Empty where the recorder does not say. A refused password is not sent on to three more doors: it would lock the account. */
async function makerOf(session: OnvifSession, options: { signal: AbortSignal }): Promise<string> {
  try {
    return (await readIdentity(session, options)).manufacturer;
  } catch (thrown) {
    if (thrown instanceof DeviceError && ['not-supported', 'soap-fault', 'http-error', 'malformed'].includes(thrown.fault)) return '';
    throw thrown;
  }
}
