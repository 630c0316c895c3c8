// Finding a packet that is too long in a stream that is cut anywhere.
import { expect, test } from 'vitest';
import { createPacketWatch } from '../../server/packet-limit.ts';

/** A packet of `bytes` bytes after its header, which are all ones: as lengths they would never end. */
function publish(bytes: number): Buffer {
  const length = bytes < 128 ? [bytes] : [(bytes % 128) | 128, Math.floor(bytes / 128)];
  return Buffer.concat([Buffer.from([0x30, ...length]), Buffer.alloc(bytes, 0xff)]);
}

const ping = Buffer.from([0xc0, 0]);

test.each([1, 2, 3, 7, 64, 100_000])('packets within the limit pass, and one beyond it does not, in pieces of %i bytes', (size) => {
  const tooLong = createPacketWatch(1000);
  const pieces = (bytes: Buffer) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  const allowed = Buffer.concat([publish(0), ping, publish(1000), publish(127), publish(128)]);
  expect(pieces(allowed).some(tooLong)).toBe(false);
  expect(pieces(publish(1001)).some(tooLong)).toBe(true);
});

test('a length that never ends is too long', () => {
  expect(createPacketWatch(1000)(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x80]))).toBe(true);
});
