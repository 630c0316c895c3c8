// What every page starts from; the only file here that touches the real clock, network and chance.
import { createLiveBoard, type LiveBoard } from './api/live-board.ts';
import { createServerLine, type ServerLine } from './api/server-line.ts';
import { sleep } from './api/sleep.ts';
import './parts/theme.css';

export interface Page {
  target: HTMLElement;
  props: { board: LiveBoard; line: ServerLine; sleep: typeof sleep };
}

/** Throws where the document has no place for the page. */
export function openPage(): Page {
  const target = document.getElementById('page');
  if (target === null) throw new Error('the document has no element with the id "page"');
  // A wall screen is a theme of a page, not another product: `?theme=wall`.
  document.documentElement.classList.toggle('wall', new URLSearchParams(location.search).get('theme') === 'wall');
  const line = createServerLine({ fetch: (path, init) => fetch(path, init), openEvents: (path) => new EventSource(path) });
  return { target, props: { line, sleep, board: createLiveBoard({ line, now: Date.now, sleep, random: Math.random }) } };
}
