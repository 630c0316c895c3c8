// Starts the page a one-time link leads to: `/welcome#…`.
import { mount } from 'svelte';
import WelcomePage from './account/welcome-page.svelte';
import { openSignedOut } from './open-signed-out.ts';

const secret = location.hash.slice(1);
// It is no part of what the browser remembers of this visit.
history.replaceState(null, '', location.pathname);
const { target, ...props } = openSignedOut();
mount(WelcomePage, { target, props: { ...props, secret } });
