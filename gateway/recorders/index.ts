// The ways of asking a recorder what it keeps, best first. A new maker's recorder is one file and one line here.
import type { FootageMeasured } from '#contract/footage.ts';
import { readIdentity } from '../onvif/device.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { dahuaCgi } from './dahua-cgi.ts';
import type { FootageQuestion, FootageSource } from './footage-source.ts';
import { hikvisionIsapi } from './hikvision-isapi.ts';
import { profileGEvents } from './profile-g.ts';
import { profileGEnds } from './profile-g-ends.ts';
import { univiewLapi } from './uniview-lapi.ts';

const sources: readonly FootageSource[] = [profileGEvents, profileGEnds, hikvisionIsapi, dahuaCgi, univiewLapi];

/**
 * Asks in one way after the other until one answer is complete; the first incomplete one is better than none.
 * Throws DeviceError: `not-supported` where the recorder knows no way.
 */
export async function readFootage(session: OnvifSession, question: FootageQuestion): Promise<FootageMeasured> {
  const refusals: string[] = [];
  const mayKnow = knowledge(session, question);
  let inHand: FootageMeasured | undefined;
  for (const source of sources) {
    if (source.endsOnly === true && inHand !== undefined) continue;
    try {
      if (!(await mayKnow(source))) continue;
      const answer = await source.read(session, question);
      // Makers that put little into ONVIF list no recordings there and still keep footage: that alone does not prove there is none.
      if (answer.complete && answer.recordings.length > 0) return answer;
      inHand ??= answer;
    } catch (thrown) {
      if (!(thrown instanceof DeviceError)) throw thrown;
      // Whatever stops a further way does not take back what an earlier one told.
      if (inHand === undefined && !givesWay(thrown)) throw thrown;
      refusals.push(`${source.name}: ${thrown.detail}`);
    }
  }
  if (inHand !== undefined) return inHand;
  throw new DeviceError('not-supported', refusals.join('; '));
}

/** Who made the recorder is asked once, and only when it matters. */
function knowledge(session: OnvifSession, { signal }: FootageQuestion): (source: FootageSource) => Promise<boolean> {
  let asked: Promise<string> | undefined;
  return async ({ makers }) => {
    if (makers === undefined) return true;
    asked ??= makerOf(session, { signal });
    const maker = await asked;
    // Recorders are sold under many names: one of a maker nobody knows is asked in every way, each of which begins with a harmless question.
    return makers.test(maker) || !sources.some((each) => each.makers?.test(maker));
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

/** Devices say by several faults that they do not know an operation; only `busy`, silence and refusals are the end of the matter. */
function givesWay({ fault }: DeviceError): boolean {
  return fault === 'not-supported' || fault === 'soap-fault';
}
