// The ways of asking a recorder what it keeps, best first. A new maker's recorder is one file and one line here.
import assert from 'node:assert';
import type { FootageMeasured } from '#contract/footage.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { dahuaCgi } from './dahua-cgi.ts';
import { type FootageAnswer, type FootageQuestion, type FootageSource, isComplete, measureAnswer } from './footage-source.ts';
import { hikvisionIsapi } from './hikvision-isapi.ts';
import { knowledge } from './maker.ts';
import { profileGEvents } from './profile-g.ts';
import { profileGEnds } from './profile-g-ends.ts';
import type { Stretch } from './spans.ts';
import { univiewLapi } from './uniview-lapi.ts';

const sources: readonly FootageSource[] = [profileGEvents, profileGEnds, hikvisionIsapi, dahuaCgi, univiewLapi];

/** What it keeps of one stretch of time. Throws DeviceError: `not-supported` where the recorder knows no way. */
export async function readFootage(session: OnvifSession, { window, ...question }: WholeQuestion): Promise<FootageMeasured> {
  return measureAnswer(await askFootage(session, { ...question, windows: [window] }), window);
}

export type WholeQuestion = Omit<FootageQuestion, 'windows'> & { window: Stretch };

/** The way of that name. Throws where there is none: names come from answers. */
export function sourceNamed(method: string): FootageSource {
  const source = sources.find(({ name }) => name === method);
  assert(source !== undefined, `there is no way called ${method}`);
  return source;
}

/**
 * Asks in one way after the other until one answer is complete; the first incomplete one is better than none.
 * Throws DeviceError: `not-supported` where the recorder knows no way.
 */
export async function askFootage(session: OnvifSession, question: FootageQuestion): Promise<FootageAnswer> {
  const refusals: string[] = [];
  const mayKnow = knowledge(session, sources, question);
  let inHand: FootageAnswer | undefined;
  for (const source of sources) {
    if (source.endsOnly === true && inHand !== undefined) continue;
    try {
      if (!(await mayKnow(source))) continue;
      const answer = await source.read(session, question);
      // Makers that put little into ONVIF list no recordings there and still keep footage: that alone does not prove there is none.
      if (isComplete(answer) && answer.held.length > 0) return answer;
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

/** Devices say by several faults that they do not know an operation; only `busy`, silence and refusals are the end of the matter. */
function givesWay({ fault }: DeviceError): boolean {
  return fault === 'not-supported' || fault === 'soap-fault';
}
