// Every rule, in the order a page lists them. A new rule is one file and one line here.
import type { Rule } from '../rule.ts';
import { cameraAccountTooStrong, recorderAccountTooStrong } from './account-too-strong.ts';
import { cameraNotRecorded } from './camera-not-recorded.ts';
import { cameraTampered } from './camera-tampered.ts';
import { cameraClockOff, recorderClockOff } from './clock-off.ts';
import { cameraUnreachable, recorderUnreachable } from './device-unreachable.ts';
import { diskBroken } from './disk-broken.ts';
import { footageDoesNotPlay } from './footage-does-not-play.ts';
import { gatewayDiskFull } from './gateway-disk-full.ts';
import { gatewaySilent } from './gateway-silent.ts';
import { overlayClockOff } from './overlay-clock-off.ts';
import { cameraMoved, pictureBlurred, pictureColourCast, pictureCovered, pictureFrozen } from './picture-aspect.ts';
import { pictureBelowStandard } from './picture-below-standard.ts';
import { pictureBlack } from './picture-black.ts';
import { playbackNotOffered } from './playback-not-offered.ts';
import { recordingStopsWhenFull } from './recording-stops-when-full.ts';
import { recordsLost } from './records-lost.ts';
import { retentionNotYetProven } from './retention-not-yet-proven.ts';
import { retentionShort } from './retention-short.ts';
import { streamDoesNotDecode } from './stream-does-not-decode.ts';
import { zoneCoverageShort } from './zone-coverage-short.ts';
import { zoneWithoutHealthyCamera } from './zone-without-healthy-camera.ts';

export const rules: readonly Rule[] = [
  gatewaySilent,
  zoneWithoutHealthyCamera,
  zoneCoverageShort,
  cameraUnreachable,
  recorderUnreachable,
  streamDoesNotDecode,
  pictureBlack,
  pictureCovered,
  pictureFrozen,
  cameraMoved,
  pictureBlurred,
  pictureColourCast,
  pictureBelowStandard,
  cameraTampered,
  cameraClockOff,
  recorderClockOff,
  overlayClockOff,
  retentionShort,
  retentionNotYetProven,
  diskBroken,
  recordingStopsWhenFull,
  footageDoesNotPlay,
  playbackNotOffered,
  cameraNotRecorded,
  cameraAccountTooStrong,
  recorderAccountTooStrong,
  recordsLost,
  gatewayDiskFull,
];
