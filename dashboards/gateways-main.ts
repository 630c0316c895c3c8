// Starts the page of gateways in the browser: `/gateways`.
import { mount } from 'svelte';
import { createGatewaysLine } from './api/gateways-line.ts';
import { sleep } from './api/sleep.ts';
import GatewaysPage from './gateways/gateways-page.svelte';
import './parts/theme.css';

const target = document.getElementById('page');
if (target === null) throw new Error('the document has no element with the id "page"');
const line = createGatewaysLine({ fetch: (path, init) => fetch(path, init) });
mount(GatewaysPage, { target, props: { line, sleep, origin: location.origin } });
