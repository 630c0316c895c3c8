// Asks for the first and last footage of each recording only, for recorders that keep no events: the ends do not prove the middle.
import type { FootageMeasured } from '#contract/footage.ts';
import { findRecordingEnds } from '../onvif/search.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { type FootageQuestion, type FootageSource, footage, measureRecording, readRecorderClock } from './footage-source.ts';
import { chooseListed } from './recording-choice.ts';

export const profileGEnds: FootageSource = { name: 'profile-g-ends', endsOnly: true, read };

async function read(session: OnvifSession, question: FootageQuestion): Promise<FootageMeasured> {
  const { from, to, signal } = question;
  const { ours, utcOffsetMinutes } = await readRecorderClock(session, { signal });
  const { items } = await findRecordingEnds(session, { signal });
  const recordings = chooseListed(items, question).chosen.map(({ token, camera }) => {
    const ends = items.find((each) => each.token === token);
    const { earliest, latest } = ends ?? {};
    const stretches = earliest === undefined || latest === undefined ? [] : [{ from: ours(earliest), to: ours(latest) }];
    return measureRecording({ recording: token, camera, stretches, window: { from, to }, utcOffsetMinutes });
  });
  return footage({ method: profileGEnds.name, complete: false, window: { from, to }, recordings });
}
