// The one way in which asking a device fails: a stable code, and a sentence for whoever repairs it.
import type { FaultCode } from '#contract/fault-code.ts';

const detailMax = 300;

/** A device did not answer as it should. `detail` is technical English, at most 300 characters, and never holds a secret. */
export class DeviceError extends Error {
  override name = 'DeviceError';
  readonly fault: FaultCode;
  readonly detail: string;

  constructor(fault: FaultCode, detail: string, options?: { cause: unknown }) {
    const short = printable(detail, detailMax);
    super(`${fault}: ${short}`, options);
    this.fault = fault;
    this.detail = short;
  }
}

/** Whatever was thrown, as a DeviceError; anything unforeseen is a fault of ours. */
export function asDeviceError(thrown: unknown): DeviceError {
  if (thrown instanceof DeviceError) return thrown;
  return new DeviceError('internal', `the gateway stumbled: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    cause: thrown,
  });
}

/** What a device said, fit to be quoted in a sentence: one line, no control characters, bounded. */
export function printable(text: string, max = 120): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Without passwords, wherever they stand: devices quote requests in their faults, ffmpeg quotes addresses, and some addresses carry one in their path. */
export function redacted(text: string, secrets: readonly string[]): string {
  const withoutKnown = secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '•••'), text);
  return withoutKnown.replace(/:\/\/[^/\s]*@/g, '://•••@').replace(/((?:pass(?:word|wd)?|pwd)=)[^&\s/'"]*/gi, '$1•••');
}
