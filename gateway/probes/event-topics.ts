// What the topics of events mean: ONVIF's own, and those makers made up. Pure.
import type { TamperKind } from '#contract/event-measured.ts';

/** In this order. The last is for makers' own: Hikvision's shelter alarm, Dahua's video blind, Uniview's tampering. */
const tampering: [RegExp, TamperKind][] = [
  [/^VideoSource\/ImageTooDark\b/i, 'dark'],
  [/^VideoSource\/ImageTooBright\b/i, 'bright'],
  [/^VideoSource\/ImageTooBlurry\b|defocus/i, 'blurred'],
  [/^VideoSource\/GlobalSceneChange\b|scene_?change/i, 'scene-changed'],
  [/^VideoSource\/SignalLoss\b|videoloss|video_loss/i, 'signal-lost'],
  [/tamper|shelter|video_?blind|hide_?alarm|occlu/i, 'covered'],
];

/** What of tampering a topic tells; undefined where it tells of something else. */
export function tamperKind(topic: string): TamperKind | undefined {
  return tampering.find(([pattern]) => pattern.test(topic))?.[1];
}

export function isInput(topic: string): boolean {
  return /^Device\/Trigger\/(DigitalInput|Input)\b|^Device\/IO\/(Digital)?Input|alarm_?in(put)?$/i.test(topic);
}

const meanings = new Map([
  ...['true', 'active', '1'].map((yes) => [yes, true] as const),
  ...['false', 'inactive', '0'].map((no) => [no, false] as const),
]);

/**
 * Makers call the value differently, and put numbers of channels beside it: a name says more than a word, and a word more than a digit.
 * `unclear` where values contradict, or what is called a state is neither; undefined where nothing is said of a state.
 */
export function isActive(data: ReadonlyMap<string, string>): boolean | 'unclear' | undefined {
  const items = [...data].map(([name, value]) => ({ name, value: value.trim().toLowerCase() })).filter(({ value }) => meanings.has(value));
  const named = items.filter(({ name }) => stateName.test(name));
  const worded = items.filter(({ value }) => !/^[01]$/.test(value));
  const telling = [named, worded, items].find((each) => each.length > 0) ?? [];
  const said = new Set(telling.map(({ value }) => meanings.get(value)));
  if (said.size === 1) return [...said][0];
  return said.size > 1 || [...data.keys()].some((name) => stateName.test(name)) ? 'unclear' : undefined;
}

const stateName = /^(state|istamper|logicalstate|value)$/i;
