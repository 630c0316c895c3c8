// Ends the connection of a client that does not read what it is sent: what waits for it must neither fill memory nor make others wait.
import type { Socket } from 'node:net';

/**
 * Beyond `bytesMax` that wait to be read, the connection ends. Until then writing never asks the writer to wait: the broker would wait with everything it
 * has to tell anybody.
 */
export function limitUnread(socket: Socket, bytesMax: number): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]) => {
    write(...args);
    if (socket.writableLength > bytesMax) socket.destroy(new Error('it does not read what it is sent'));
    return true;
  };
}
