// The ways of asking a recorder what it keeps, best first. A new maker's recorder is one file and one line here.
import type { FootageMeasured } from '#contract/facts.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import type { FootageQuestion, FootageSource } from './footage-source.ts';
import { profileGEvents } from './profile-g.ts';
import { profileGEnds } from './profile-g-ends.ts';

const sources: readonly FootageSource[] = [profileGEvents, profileGEnds];

/** Asks in the first way the recorder knows. Throws DeviceError: `not-supported` where it knows none. */
export async function readFootage(session: OnvifSession, question: FootageQuestion): Promise<FootageMeasured> {
  const refusals: string[] = [];
  for (const source of sources) {
    try {
      return await source.read(session, question);
    } catch (thrown) {
      if (!(thrown instanceof DeviceError) || !givesWay(thrown)) throw thrown;
      refusals.push(`${source.name}: ${thrown.detail}`);
    }
  }
  throw new DeviceError('not-supported', refusals.join('; '));
}

/** Devices say by several faults that they do not know an operation; only `busy`, silence and refusals are the end of the matter. */
function givesWay({ fault }: DeviceError): boolean {
  return fault === 'not-supported' || fault === 'soap-fault';
}
