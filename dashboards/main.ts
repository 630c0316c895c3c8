// Starts the page in the browser; the only file here that touches the real clock, network and address bar.
import { mount } from 'svelte';
import { createLiveBoard } from './api/live-board.ts';
import { createServerLine } from './api/server-line.ts';
import { sleep } from './api/sleep.ts';
import './parts/theme.css';
import Board from './regulator/board.svelte';

const target = document.getElementById('page');
if (target === null) throw new Error('index.html has no element with the id "page"');

// A wall screen is a theme of this board, not another product: `?theme=wall`.
document.documentElement.classList.toggle('wall', new URLSearchParams(location.search).get('theme') === 'wall');

const line = createServerLine({ fetch: (path, init) => fetch(path, init), openEvents: (path) => new EventSource(path) });
const board = createLiveBoard({ line, now: Date.now, sleep, random: Math.random });
mount(Board, { target, props: { board, line, sleep } });
