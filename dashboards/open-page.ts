// What the live pages start from; beside open-signed-in.ts the only file here that touches the real clock, network and chance.
import { createLiveBoard, type LiveBoard } from './api/live-board.ts';
import { createServerLine, type ServerLine } from './api/server-line.ts';
import { sleep } from './api/sleep.ts';
import { openSignedIn } from './open-signed-in.ts';

export interface Page {
  target: HTMLElement;
  props: { board: LiveBoard; line: ServerLine; sleep: typeof sleep };
}

/** Throws where the document has no place for the page. */
export function openPage(): Page {
  const { target, fetch, lookAgain } = openSignedIn();
  // A wall screen is a theme of a page, not another product: `?theme=wall`.
  document.documentElement.classList.toggle('wall', new URLSearchParams(location.search).get('theme') === 'wall');
  const line = createServerLine({
    fetch,
    openEvents: (path) => {
      const events = new EventSource(path);
      // It does not tell whether the server is gone or the session over.
      events.addEventListener('error', lookAgain);
      return events;
    },
  });
  return { target, props: { line, sleep, board: createLiveBoard({ line, now: Date.now, sleep, random: Math.random }) } };
}
