// Who is signed in, for the strip on top of every page.
import type { Me } from '#contract/people.ts';

export interface SignedIn {
  me: Me;
  /** Rejects with `Refused`, or with whatever the network says. */
  signOut: () => Promise<void>;
}

let known = $state.raw<SignedIn | undefined>();
let trouble = $state.raw<unknown>();

/** Reading it in a component makes the component follow it. */
export function signedIn(): SignedIn | undefined {
  return known;
}

/** Why it could not be told, when it was asked last. */
export function signedInTrouble(): unknown {
  return trouble;
}

export function nowSignedIn(who: SignedIn): void {
  known = who;
  trouble = undefined;
}

/** Whoever was known before stays so: the line may only be broken. */
export function signedInUnknown(error: unknown): void {
  trouble = error;
}
