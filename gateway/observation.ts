// What a probe brings back: what was seen, or the fault that kept it from being seen. Judging it is the business of checks.
import type { AccountMeasured, ClockMeasured, IdentityMeasured, StreamMeasured } from '#contract/camera-measured.ts';
import type { InputsMeasured, TamperMeasured } from '#contract/event-measured.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { DatedBy, FootageMeasured, StorageMeasured } from '#contract/footage.ts';
import type { PictureMeasured } from '#contract/picture.ts';

/** A device that does not answer is data, not an exception. */
export type Seen<Value> = { ok: true; value: Value } | { ok: false; fault: FaultCode; detail: string };

interface Observed {
  /** Our id of the device. */
  device: string;
  /** When looking ended: UTC, ISO 8601. */
  at: string;
}

/** Does the device answer, and what time does it think it is? One unauthenticated request tells both. */
export interface ContactObservation extends Observed {
  kind: 'contact';
  /** host:port that was asked. */
  address: string;
  contact: Seen<{ roundTripMs: number }>;
  clock: Seen<ClockMeasured>;
}

export interface IdentityObservation extends Observed {
  kind: 'identity';
  identity: Seen<IdentityMeasured>;
}

/** A few seconds of the stream. */
export interface StreamObservation extends Observed {
  kind: 'stream';
  stream: Seen<StreamMeasured>;
}

/** One picture of the stream. */
export interface PictureObservation extends Observed {
  kind: 'picture';
  picture: Seen<PictureMeasured>;
}

export interface FootageObservation extends Observed {
  kind: 'footage';
  footage: Seen<FootageMeasured>;
}

/** What the recorder says of its disks. */
export interface StorageObservation extends Observed {
  kind: 'storage';
  storage: Seen<StorageMeasured>;
}

/** One instant the recorder lists, and what came when it was asked to play it. */
export interface PlayedSample {
  camera: string | undefined;
  recording: string;
  /** By our clock: UTC, ISO 8601. */
  asked: string;
  played: Seen<{ played: string; deviationSeconds: number; datedBy: DatedBy; sha256?: string }>;
}

/** Some of the footage a recorder lists, played back. */
export interface PlaybackObservation extends Observed {
  kind: 'playback';
  playback: Seen<PlayedSample[]>;
}

export interface AccountObservation extends Observed {
  kind: 'account';
  account: Seen<AccountMeasured>;
}

/** `stale`: last told in an earlier subscription, and not again since. */
type Told<State> = State & { stale: boolean };

/** What a device tells by itself, as it stands. */
export interface EventsObservation extends Observed {
  kind: 'events';
  /** Whether the device is still telling. */
  listening: Seen<undefined>;
  tamper: Told<TamperMeasured['sources'][number]>[];
  inputs: Told<InputsMeasured['inputs'][number]>[];
}

export type Observation =
  | ContactObservation
  | IdentityObservation
  | AccountObservation
  | StreamObservation
  | PictureObservation
  | FootageObservation
  | StorageObservation
  | PlaybackObservation
  | EventsObservation;
