// Who is signed in, for the strip on top of every page.
import type { Me } from '#contract/people.ts';

export interface SignedIn {
  me: Me;
  signOut: () => void;
}

let known = $state.raw<SignedIn | undefined>();

/** Reading it in a component makes the component follow it. */
export function signedIn(): SignedIn | undefined {
  return known;
}

export function nowSignedIn(who: SignedIn): void {
  known = who;
}
