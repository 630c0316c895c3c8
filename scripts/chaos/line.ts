// A line between a gateway and its server that can be cut, be half dead, or be slow, while both ends stay as they are.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** `cut`: connections break, and none comes about. `half-open`: they stay, nothing arrives, and nobody is told. `slow`: some kilobytes a second. */
export type LineState = 'sound' | 'cut' | 'half-open' | 'slow';

export interface Line {
  port: number;
  be(state: LineState): void;
  close(): Promise<void>;
}

const slowBytesPerSecond = 20_000;

/** Leads to `port` on this machine. */
export async function createLine(port: number): Promise<Line> {
  let state: LineState = 'sound';
  let changed = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (state === 'cut') return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => undefined);
      void carry(from, to);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };

  return {
    port: (server.address() as AddressInfo).port,
    be(next) {
      // What was half open does not come to life again: whoever held it has forgotten it.
      if (next === 'cut' || state === 'half-open') endAll();
      state = next;
      changed.resolve();
      changed = Promise.withResolvers();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      endAll();
      await closed;
    },
  };

  async function carry(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        while (state === 'half-open') await changed.promise;
        if (state === 'slow') await delay((chunk.length / slowBytesPerSecond) * 1000);
        if (to.destroyed) return;
        if (!to.write(chunk)) await once(to, 'drain');
      }
    } catch {
      // It broke: the other end is told by its own close.
    }
  }
}
