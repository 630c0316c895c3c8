// Records one camera for as long as the gateway runs: begins anew whenever the recording ends, and the more patiently the more often it fails.
import type { FaultCode } from '#contract/fault-code.ts';
import type { Sleep } from '../clock.ts';
import type { Log } from '../log.ts';
import { asDeviceError } from '../onvif/device-error.ts';
import type { StreamSource } from '../probes/stream-source.ts';
import { recordStream, type StreamRecording } from './record-stream.ts';

export interface KeptRecording extends Pick<StreamRecording, 'segmentSeconds' | 'finished'> {
  camera: string;
  /** How the unfinished files of a new life begin; never the same twice. */
  prefix(): string;
  /** Takes care of what a life could not finish. */
  leftOver(prefix: string): Promise<unknown>;
  /** Throws DeviceError. */
  streamOf(signal: AbortSignal): Promise<StreamSource>;
  /** Until when recording may go on now; undefined while it may not. */
  life(): AbortSignal | undefined;
  sleep: Sleep;
  log: Log;
  signal: AbortSignal;
}

const askMs = 15_000;
const waitMs = 1000;
/** What a camera that comes back loses at most. */
const waitMsMax = 15_000;
/** Any further attempt with a password that is not taken would only lock the account. */
const refusedMs = 3_600_000;

/** Never rejects. */
export async function keepRecording(about: KeptRecording): Promise<void> {
  const { camera, signal, sleep, log } = about;
  let failures = 0;
  let said: FaultCode | undefined;

  while (!signal.aborted) {
    const life = about.life();
    if (life === undefined) {
      await sleep(waitMs, signal);
      continue;
    }
    let recorded = false;
    const finished: KeptRecording['finished'] = async (segment) => {
      await about.finished(segment);
      if (said !== undefined) log.info({ camera }, 'the camera is recorded again');
      [recorded, said] = [true, undefined];
    };
    const fault = await recordOnce({ ...about, finished }, life);
    failures = recorded ? 0 : failures + 1;
    if (fault === undefined) continue;
    if (said !== fault.fault)
      log.warn({ camera, fault: fault.fault, detail: fault.detail }, 'the camera is not recorded; it is tried again');
    said = fault.fault;
    const isRefused = fault.fault === 'credentials-refused' || fault.fault === 'locked';
    await sleep(isRefused ? refusedMs : Math.min(waitMs * 2 ** failures, waitMsMax), signal);
  }
}

/** Undefined where its life ended, and nothing is wrong. */
async function recordOnce({ streamOf, leftOver, segmentSeconds, finished, ...about }: KeptRecording, life: AbortSignal) {
  const prefix = about.prefix();
  try {
    const source = await streamOf(AbortSignal.any([life, AbortSignal.timeout(askMs)]));
    try {
      await recordStream({ source, prefix, segmentSeconds, finished, signal: life });
    } finally {
      await leftOver(prefix);
    }
    return undefined;
  } catch (thrown) {
    return life.aborted ? undefined : asDeviceError(thrown);
  }
}
