import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReader } from './rtsp/message.ts';

const message = fc.oneof(
  fc.constantFrom(
    'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n',
    'SET_PARAMETER rtsp://a/b RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 3\r\n\r\n$\r\n',
  ),
  fc.string({ maxLength: 20 }).map((text) => `$\u0001\u0000${String.fromCharCode(text.length)}${text}`),
);

test('what is heard does not depend on the pieces it came in', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 40 })), (messages, sizes) => {
      const bytes = Buffer.from(messages.join(''), 'latin1');
      const read = createReader();
      const pieces: Buffer[] = [];
      let at = 0;
      for (const size of sizes) {
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      const heard = [...pieces, bytes.subarray(at)].flatMap(read);
      expect(heard).toEqual(createReader()(bytes));
      expect(heard).toHaveLength(messages.length);
    }),
  );
});

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(createReader()(Buffer.from(bytes))).toBeInstanceOf(Array);
    }),
  );
});
