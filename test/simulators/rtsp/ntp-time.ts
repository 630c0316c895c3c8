// Times as RTP carries them: 64 bits, seconds since 1900 and a binary fraction (RFC 3550 section 4).

const secondsFrom1900To1970 = 2_208_988_800;

/** Writes eight bytes at `offset`; `time` in milliseconds since 1970. */
export function writeNtpTime(bytes: Buffer, offset: number, time: number): void {
  const seconds = Math.floor(time / 1000);
  bytes.writeUInt32BE(seconds + secondsFrom1900To1970, offset);
  bytes.writeUInt32BE(Math.floor((time / 1000 - seconds) * 2 ** 32), offset + 4);
}
