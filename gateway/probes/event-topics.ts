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

/** Makers call the value differently; each message has one that is yes or no. */
export function isActive(data: ReadonlyMap<string, string>): boolean | undefined {
  const values = [...data.values()].map((value) => value.trim().toLowerCase());
  const value = values.find((each) => ['true', '1', 'active', 'false', '0', 'inactive'].includes(each));
  return value === undefined ? undefined : ['true', '1', 'active'].includes(value);
}
