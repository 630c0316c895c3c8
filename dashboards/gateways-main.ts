// Starts the page of gateways in the browser: `/gateways`.
import { mount } from 'svelte';
import { createGatewaysLine } from './api/gateways-line.ts';
import { sleep } from './api/sleep.ts';
import GatewaysPage from './gateways/gateways-page.svelte';
import { openSignedIn } from './open-signed-in.ts';

const { target, ask } = openSignedIn();
mount(GatewaysPage, { target, props: { line: createGatewaysLine({ ask }), sleep, origin: location.origin } });
