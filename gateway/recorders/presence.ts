// Turns the moments at which footage began and ended into the stretches it covers; pure.
import { merge, type Stretch } from './spans.ts';

/** Milliseconds since 1970. */
export interface Edge {
  track: string;
  at: number;
  present: boolean;
  /** How things stood where the search began, rather than something that happened. */
  startState: boolean;
}

/**
 * What any track covers inside `window`. How a track stood before its first edge follows from that edge where the recorder
 * does not say; the last edge holds to the end of the window.
 */
export function presence(edges: readonly Edge[], window: Stretch): Stretch[] {
  const tracks = Map.groupBy(edges, (edge) => edge.track);
  return merge([...tracks.values()].flatMap((track) => presenceOfTrack(track, window)));
}

function presenceOfTrack(edges: readonly Edge[], window: Stretch): Stretch[] {
  const placed = edges.map((edge) => ({
    ...edge,
    at: edge.startState ? window.from : Math.min(Math.max(edge.at, window.from), window.to),
  }));
  const inOrder = placed.toSorted((a, b) => a.at - b.at || Number(b.startState) - Number(a.startState));
  const stretches: Stretch[] = [];
  let since = inOrder[0]?.present === false && !inOrder[0].startState ? window.from : undefined;
  for (const { at, present } of inOrder) {
    if (!present && since !== undefined) stretches.push({ from: since, to: at });
    since = present ? (since ?? at) : undefined;
  }
  return since === undefined ? stretches : [...stretches, { from: since, to: window.to }];
}
