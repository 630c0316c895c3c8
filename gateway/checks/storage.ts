// Are the recorder's disks sound, as far as it tells?
import type { FactOf } from '#contract/facts.ts';
import type { StorageObservation } from '../observation.ts';
import { about, notSeen } from './verdict.ts';

/** One broken disk is a fault; a state nobody can read leaves it open. How much must fit is the server's to say, except of our own recording. */
export function storage(observation: StorageObservation, validForMs: number): FactOf<'storage'> {
  const base = { ...about(observation, validForMs), check: 'storage' as const };
  const seen = observation.storage;
  if (!seen.ok) return { ...base, ...notSeen(seen, []) };
  const measured = seen.value;
  const said = (state: (typeof measured.disks)[number]['state']) =>
    measured.disks
      .filter((disk) => disk.state === state)
      .map(({ name, said: word = 'nothing' }) => `${name} says ${word}`)
      .join(', ')
      .slice(0, 300);
  const [broken, tooSmall, unclear] = [said('fault'), said('too-small'), said('unknown')];
  if (broken !== '') return { ...base, outcome: 'fault', fault: 'disk-fault', detail: broken, measured };
  if (tooSmall !== '') return { ...base, outcome: 'fault', fault: 'disk-too-small', detail: tooSmall, measured };
  if (unclear !== '') return { ...base, outcome: 'unknown', fault: 'incomplete', detail: unclear, measured };
  if (measured.disks.length > 0) return { ...base, outcome: 'ok', measured };
  return { ...base, outcome: 'unknown', fault: 'not-supported', detail: 'the recorder tells of no disk', measured };
}
