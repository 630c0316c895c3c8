// Knows every connection of a listener, also those still in the middle of a TLS handshake, so that closing need not wait for them.
import type { Server, Socket } from 'node:net';

/** The returned function ends them all. */
export function trackSockets(server: Server): () => void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
