// Starts the page of people: `/people`.
import { mount } from 'svelte';
import { createAccountLine } from './api/account-line.ts';
import { openSignedIn } from './open-signed-in.ts';
import PeoplePage from './people/people-page.svelte';

const { target, ask } = openSignedIn();
mount(PeoplePage, { target, props: { line: createAccountLine({ ask }), origin: location.origin } });
