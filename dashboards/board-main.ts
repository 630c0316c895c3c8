// Starts the regulators' board in the browser.
import { mount } from 'svelte';
import { openPage } from './open-page.ts';
import Board from './regulator/board.svelte';

mount(Board, openPage());
