// Reads from ffmpeg's messages why a stream could not be taken; pure.
import type { FaultCode } from '#contract/fault-code.ts';
import { DeviceError, redacted } from '../onvif/device-error.ts';

/** In this order: the first that fits is the reason. */
const reasons: [RegExp, FaultCode, string][] = [
  [/\b401 Unauthorized|\b403 Forbidden/, 'credentials-refused', 'the stream was refused with this user name and password'],
  [/\b404 Not Found|\b400 Bad Request|\b454 |\b415 /, 'no-stream', 'the device has no stream at this address'],
  [/\b461 /, 'not-supported', 'the device does not send its stream over TCP'],
  [/\b453 |\b503 /, 'busy', 'the device has no stream session left'],
  [/failed: \d{3} /, 'http-error', 'the device refused the stream'],
  [/Connection refused/, 'refused', 'the port of the stream is closed'],
  [
    /No route to host|Network is unreachable|Failed to resolve|Name or service not known/,
    'unreachable',
    'the network has no way to the stream',
  ],
];

/**
 * `lines` are what ffmpeg printed, which may hold the address with its password: it is taken out. `aborted`: killed at the deadline.
 * `silent`: it ran for as long as it waits for a silent camera; `patient`: for as long as it waits for a keyframe, which it only does while packets come.
 */
export function captureFault(
  lines: readonly string[],
  about: { aborted: boolean; silent: boolean; patient: boolean; secrets: readonly string[] },
): DeviceError {
  const reason = reasons.find(([pattern]) => lines.some((line) => pattern.test(line)));
  const said = lines.findLast((line) => /failed|error|refused|timed out|denied|invalid|could not/i.test(line));
  const quote = said === undefined ? '' : ` (${redacted(said, about.secrets)})`;
  const as = (fault: FaultCode, what: string) => new DeviceError(fault, `${what}${quote}`);
  if (reason !== undefined) return as(reason[1], reason[2]);
  const described = lines.some((line) => /\bSDP:/.test(line));
  const opened =
    described && lines.some((line) => /^Input #0/.test(line)) && !lines.some((line) => /unspecified size|dimensions not set/.test(line));
  if (opened) return about.aborted ? as('too-slow', 'the stream did not deliver in time') : as('truncated', 'the stream ended early');
  if (described && lines.some((line) => /does not contain any stream|matches no streams/.test(line)) && !about.silent)
    return as('no-stream', 'the stream holds no video');
  if (described && about.aborted) return as('too-slow', 'the stream was described, but did not begin in time');
  if (described && about.patient) return as('too-slow', 'packets come, but no keyframe to tell the picture by');
  if (described) return as('stalled', 'the stream opens, but no packets come');
  if (about.aborted || about.silent) return as('no-answer', 'the stream was not answered in time');
  return as('malformed', 'the device does not speak RTSP at this address');
}
