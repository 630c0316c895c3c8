// Ends an MQTT connection whose sender announces a packet larger than allowed: the broker itself would gather up to 256 MiB of it first.
import type { Socket } from 'node:net';

/** Watches what is read from `socket` without changing it. */
export function limitPackets(socket: Socket, bytesMax: number): void {
  const tooLong = createPacketWatch(bytesMax);
  const read = socket.read.bind(socket);
  socket.read = (size) => {
    const chunk: unknown = read(size);
    if (!Buffer.isBuffer(chunk) || !tooLong(chunk)) return chunk;
    socket.destroy(new Error(`an MQTT packet of more than ${bytesMax} bytes was announced`));
    return null;
  };
}

/** The returned function is given a stream chunk by chunk, and says whether a packet in it is longer than `bytesMax`. */
export function createPacketWatch(bytesMax: number): (chunk: Buffer) => boolean {
  // A packet is one byte of type, its length in groups of seven bits, lowest first [MQTT-2.2.3], and so many bytes.
  let bodyLeft = 0;
  let at: 'type' | 'length' = 'type';
  let length = 0;
  let shift = 0;
  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (bodyLeft > 0) {
        const skipped = Math.min(bodyLeft, chunk.length - offset);
        bodyLeft -= skipped;
        offset += skipped;
        continue;
      }
      const byte = chunk[offset++] ?? 0;
      if (at === 'type') {
        at = 'length';
        length = 0;
        shift = 0;
        continue;
      }
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
      if (length > bytesMax || shift > 28) return true;
      if (byte < 0x80) {
        bodyLeft = length;
        at = 'type';
      }
    }
    return false;
  };
}
