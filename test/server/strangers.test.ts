import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createStrangers } from '../../server/strangers.ts';

/** As much of a connection as is looked at; `destroy` closes it, as a real one does a moment later. */
function connection(remoteAddress: string | undefined, remotePort: number | undefined) {
  const socket = Object.assign(new EventEmitter(), { remoteAddress, remotePort, localPort: 8883, ended: false, destroy: () => undefined });
  socket.destroy = () => {
    socket.ended = true;
    socket.emit('close');
    return undefined;
  };
  return socket;
}
const asSocket = (socket: ReturnType<typeof connection>) => socket as unknown as Socket;

test('a connection that was given up before it was met is not counted, however many there are', () => {
  const strangers = createStrangers(2);
  const gone = [1, 2, 3].map(() => connection(undefined, undefined));
  for (const socket of gone) strangers.meet(asSocket(socket));
  expect(gone.map(({ ended }) => ended)).toEqual([true, true, true]);
  const late = connection('192.0.2.1', 1);
  strangers.meet(asSocket(late));
  expect([late.ended, strangers.count()]).toEqual([false, 1]);
});

test('a port that is used again before its last connection is forgotten counts once, and is forgotten with the later one', () => {
  const strangers = createStrangers(2);
  const [earlier, later] = [connection('192.0.2.1', 1), connection('192.0.2.1', 1)];
  strangers.meet(asSocket(earlier));
  strangers.meet(asSocket(later));
  expect(strangers.count()).toBe(1);
  earlier.destroy();
  expect(strangers.count()).toBe(1);
  later.destroy();
  expect(strangers.count()).toBe(0);
});

test('beyond the bound the oldest goes of the address that has the most', () => {
  const strangers = createStrangers(2);
  const [quiet, first, second] = [connection('192.0.2.1', 1), connection('192.0.2.2', 1), connection('192.0.2.2', 2)];
  for (const socket of [quiet, first, second]) strangers.meet(asSocket(socket));
  expect([quiet, first, second].map(({ ended }) => ended)).toEqual([false, true, false]);
});
