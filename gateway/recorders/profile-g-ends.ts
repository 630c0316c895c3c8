// Asks for the first and last footage of each recording only, for recorders that keep no events: the ends do not prove the middle.
import { findRecordingEnds } from '../onvif/search.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { type FootageAnswer, type FootageQuestion, type FootageSource, readRecorderClock } from './footage-source.ts';
import { chooseListed } from './recording-choice.ts';

export const profileGEnds: FootageSource = { name: 'profile-g-ends', endsOnly: true, read };

async function read(session: OnvifSession, question: FootageQuestion): Promise<FootageAnswer> {
  const { windows, signal } = question;
  const { ours, utcOffsetMinutes, aheadMs } = await readRecorderClock(session, { signal });
  const { items } = await findRecordingEnds(session, { signal });
  const held = chooseListed(items, question).chosen.map(({ token, camera }) => {
    const ends = items.find((each) => each.token === token);
    const { earliest, latest } = ends ?? {};
    const stretches = earliest === undefined || latest === undefined ? [] : [{ from: ours(earliest), to: ours(latest) }];
    return { recording: token, camera, parts: windows.map((asked) => ({ asked, stretches, complete: false })) };
  });
  return { method: profileGEnds.name, utcOffsetMinutes, aheadMs, complete: false, held };
}
