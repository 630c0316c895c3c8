// Starts the page of one's own account: `/account`.
import { mount } from 'svelte';
import AccountPage from './account/account-page.svelte';
import { createAccountLine } from './api/account-line.ts';
import { openSignedIn } from './open-signed-in.ts';

const { target, ask } = openSignedIn();
mount(AccountPage, { target, props: { line: createAccountLine({ ask }) } });
