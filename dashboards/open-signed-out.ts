// What the pages start from that lead in: signing in, and one-time links.
import { type AccountLine, createAccountLine } from './api/account-line.ts';
import { createAsk } from './api/ask.ts';
import './parts/theme.css';

/** `enter` leads to where whoever comes in wanted to go: a path of ours, whatever the address says. */
export function openSignedOut(): { target: HTMLElement; line: AccountLine; enter: () => void } {
  const target = document.getElementById('page');
  if (target === null) throw new Error('the document has no element with the id "page"');
  const ask = createAsk({ fetch: (path, init) => fetch(path, init) });
  const wanted = URL.parse(new URLSearchParams(location.search).get('from') ?? '/board', location.origin);
  const isOurs = wanted?.origin === location.origin && wanted.pathname !== '/sign-in';
  // Whole: a path that begins with two slashes would lead elsewhere.
  const path = isOurs ? wanted.href : '/board';
  return { target, line: createAccountLine({ ask }), enter: () => location.replace(path) };
}
