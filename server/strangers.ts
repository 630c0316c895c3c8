// Connections of which nobody knows yet whose they are: only so many at once, and whoever holds the most of them loses first.
import type { Socket } from 'node:net';

export interface Strangers {
  /** A connection was accepted; TLS may be still to come. */
  meet(socket: Socket): void;
  /** It has said who it is, and that was right. */
  recognise(socket: Socket): void;
  count(): number;
}

/**
 * Beyond `max` the oldest stranger is cut off of the address that has the most: one machine that opens thousands shuts only itself out,
 * and many gateways behind one address are all let in as long as there is room.
 */
export function createStrangers(max: number): Strangers {
  const ofAddress = new Map<string, Map<string, Socket>>();
  let count = 0;

  return {
    meet(socket) {
      const address = socket.remoteAddress;
      // It was given up before we came to it: of such ones none can be told from another.
      if (address === undefined || socket.remotePort === undefined) return void socket.destroy();
      const name = nameOf(socket);
      const others = ofAddress.get(address) ?? new Map();
      if (!others.has(name)) count += 1;
      ofAddress.set(address, others.set(name, socket));
      socket.once('close', () => {
        if (others.get(name) === socket) forget(address, name);
      });
      if (count > max) cutOffOne();
    },
    recognise: (socket) => forget(socket.remoteAddress ?? '', nameOf(socket)),
    count: () => count,
  };

  function forget(address: string, name: string): void {
    const left = ofAddress.get(address);
    if (left?.delete(name) !== true) return;
    count -= 1;
    if (left.size === 0) ofAddress.delete(address);
  }

  function cutOffOne(): void {
    const [address, sockets] = [...ofAddress].reduce((busiest, each) => (each[1].size > busiest[1].size ? each : busiest));
    const [oldest] = sockets;
    if (oldest === undefined) return;
    forget(address, oldest[0]);
    oldest[1].destroy();
  }
}

/** The same for a connection and for the TLS within it. */
function nameOf({ remotePort, localPort }: Socket): string {
  return `${remotePort} ${localPort}`;
}
