// Does what the recorder lists play back?
import type { FactOf } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { PlaybackSample } from '#contract/footage.ts';
import type { PlaybackObservation, PlayedSample } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** One instant that plainly does not play is a fault; all must play to be ok. How far off is too far stands in the server's standard. */
export function playback(observation: PlaybackObservation, validForMs: number): FactOf<'playback'> {
  const base = { ...about(observation, validForMs), check: 'playback' as const };
  const seen = observation.playback;
  if (!seen.ok) return { ...base, ...notSeen(seen, []) };
  const measured = { samples: seen.value.map(sampleOf) };
  const unplayed = (outcome: 'fault' | 'unknown') => seen.value.find(({ played }) => !played.ok && outcomeOf(played.fault) === outcome);
  const worst = unplayed('fault') ?? unplayed('unknown');
  if (worst?.played.ok === false) {
    const { fault, detail } = worst.played;
    return { ...base, ...notSeen({ fault, detail: `${worst.recording} at ${worst.asked}: ${detail}` }, plainly), measured };
  }
  if (measured.samples.length > 0) return { ...base, outcome: 'ok', measured };
  return { ...base, outcome: 'unknown', fault: 'no-recordings', detail: 'the recorder lists nothing that could be played back', measured };
}

/** The recorder was asked for footage it lists, and had none to show. Whatever else went wrong may have kept it from showing it. */
const plainly: FaultCode[] = ['no-stream', 'stalled', 'does-not-decode'];

function outcomeOf(fault: FaultCode): 'fault' | 'unknown' {
  return plainly.includes(fault) ? 'fault' : 'unknown';
}

function sampleOf({ camera, recording, asked, played }: PlayedSample): PlaybackSample {
  const about = { ...(camera === undefined ? {} : { camera }), recording, asked };
  return played.ok ? { ...about, outcome: 'ok', ...played.value } : { ...about, outcome: outcomeOf(played.fault), fault: played.fault };
}
