// What every page for people who are signed in starts from: whoever is not is led to sign in, and back.
import type { Me } from '#contract/people.ts';
import { type Ask, createAsk, type Fetch } from './api/ask.ts';
import { nowSignedIn, signedInUnknown } from './api/signed-in.svelte.ts';
import './parts/theme.css';

export interface SignedInPage {
  target: HTMLElement;
  ask: Ask;
  fetch: Fetch;
  /** Asks once more who is signed in: to be called when something else may have ended with the session. */
  lookAgain(): void;
}

/** Throws where the document has no place for the page. */
export function openSignedIn(): SignedInPage {
  const target = document.getElementById('page');
  if (target === null) throw new Error('the document has no element with the id "page"');
  const ask = createAsk({ fetch: askingWhoeverIsSignedIn });
  const lookAgain = () => void look(ask).catch(signedInUnknown);
  lookAgain();
  return { target, ask, fetch: askingWhoeverIsSignedIn, lookAgain };
}

async function look(ask: Ask): Promise<void> {
  const me = await ask<Me>('GET', '/api/me');
  nowSignedIn({
    me,
    async signOut() {
      await ask('POST', '/api/sign-out');
      location.assign('/sign-in');
    },
  });
}

const askingWhoeverIsSignedIn: Fetch = async (path, init) => {
  const response = await fetch(path, init);
  if (response.status === 401) {
    const { error } = await response.clone().json();
    if (error === 'not-signed-in') leaveToSignIn();
  }
  return response;
};

function leaveToSignIn(): void {
  const here = location.pathname + location.search + location.hash;
  location.replace(`/sign-in?from=${encodeURIComponent(here)}`);
}
