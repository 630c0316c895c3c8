// Starts the page for signing in: `/sign-in`.
import { mount } from 'svelte';
import SignInPage from './account/sign-in-page.svelte';
import { openSignedOut } from './open-signed-out.ts';

const { target, ...props } = openSignedOut();
mount(SignInPage, { target, props });
