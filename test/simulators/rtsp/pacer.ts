// One timer for all that is playing on a server.
import type { Player } from './player.ts';

export interface Pacer {
  start(player: Player): void;
  stop(player: Player): void;
  /** Out of turn, if it is playing. */
  tickNow(player: Player): void;
  /** The clock players are ticked with: monotonic, milliseconds. */
  now(): number;
}

// Fine enough for the rhythm of 25 pictures a second, coarse enough to cost nothing.
const tickMs = 20;

export function createPacer(): Pacer {
  const players = new Set<Player>();
  const now = () => performance.now();
  let timer: NodeJS.Timeout | undefined;
  return {
    now,
    start(player) {
      players.add(player);
      timer ??= setInterval(() => {
        for (const each of players) each.tick(now());
      }, tickMs);
    },
    stop(player) {
      players.delete(player);
      if (players.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
    tickNow(player) {
      if (players.has(player)) player.tick(now());
    },
  };
}
