// A video channel as the media services show it: one source, one or more profiles of it.
import type { Clip } from '../media.ts';

/** One profile: a source, how it is encoded, and where it is streamed. */
export interface Channel {
  /** Token of the media profile. */
  profile: string;
  name: string;
  /** Token of the video source; profiles of the same picture share it. */
  source: string;
  /** What is streamed at the moment. */
  clip(): Clip;
  /** Path of the RTSP stream, beginning with a slash. */
  streamPath: string;
  snapshotPath: string;
}

/** Kbit/s the encoder is set to. */
export const bitrateLimit = 4096;

export function sourceConfigurationToken({ source }: Channel): string {
  return `${source}_Configuration`;
}

export function encoderToken({ profile }: Channel): string {
  return `${profile}_Encoder`;
}

/** One channel of each video source. */
export function sourcesOf(channels: readonly Channel[]): Channel[] {
  return [...Map.groupBy(channels, ({ source }) => source).values()].flatMap(([first]) => first ?? []);
}
