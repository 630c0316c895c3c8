// What broken and hostile devices send: real answers damaged in every way, pieces that mean something in the wrong place, and pieces without end.
import fc from 'fast-check';
import { expect } from 'vitest';
import { DeviceError } from '../../gateway/onvif/device-error.ts';

/** Long enough for a reader whose work grows with the square to be at it for minutes. */
const longBytes = 300_000;

/** A real answer, cut off, with holes, repetitions, flipped bytes or one of `pieces` put in. */
export function damaged(real: Buffer | string, pieces: readonly string[]): fc.Arbitrary<Buffer> {
  const whole = Buffer.from(real);
  const place = fc.nat(whole.length);
  const edit: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
    place.map((end) => (bytes: Buffer) => bytes.subarray(0, end)),
    fc.tuple(place, fc.nat(64)).map(([at, count]) => spliced(at, count, Buffer.alloc(0))),
    fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([at, put]) => spliced(at, put.length, Buffer.from(put))),
    fc.tuple(place, fc.constantFrom(...pieces)).map(([at, piece]) => spliced(at, 0, Buffer.from(piece))),
    fc.tuple(place, fc.nat(200), fc.integer({ min: 2, max: 200 })).map(
      ([at, length, times]) =>
        (bytes: Buffer) =>
          repeated(bytes, at, length, times),
    ),
  );
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce<Buffer>((bytes, apply) => apply(bytes), whole));
}

/** Nothing but `pieces`, in any order. */
export function jumbled(pieces: readonly string[]): fc.Arbitrary<Buffer> {
  return fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((all) => Buffer.from(all.join('')));
}

/** Every one of `pieces` without end, behind `beginning` and with something else after it: what takes a quadratic reader for ever. */
export function endless(pieces: readonly string[], beginning = ''): Buffer[] {
  return pieces
    .filter((piece) => piece !== '')
    .flatMap((piece) => ['', 'x'].map((end) => Buffer.from(beginning + piece.repeat(longBytes / Buffer.byteLength(piece)) + end)));
}

/** Reading may fail in one way only. */
export function mayOnlyBlameTheDevice<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DeviceError);
    return undefined;
  }
}

const spliced = (at: number, count: number, put: Buffer) => (bytes: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + count)]);

function repeated(bytes: Buffer, at: number, length: number, times: number): Buffer {
  const part = bytes.subarray(at, at + length);
  return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: times }, () => part), bytes.subarray(at + length)]);
}
