// What a rule is: one requirement of the standard, put to one subject at a time.
import type { CheckName } from '#contract/facts.ts';
import type { CameraPlace, Layout, RecorderPlace } from '#contract/layout.ts';
import type { Gate, Severity, ZoneKind } from '#contract/primitives.ts';
import type { Standard } from '#contract/standard.ts';
import type { Text } from '#contract/text.ts';
import type { Belief } from './believed.ts';
import type { CanteenState } from './state.ts';

/** What a rule may look at. */
export interface Scene {
  readonly state: CanteenState;
  layout: Layout;
  /** The gateway has told its layout. */
  isRegistered: boolean;
  standard: Standard;
  readonly now: number;
  believed<Name extends CheckName>(device: string, check: Name): Belief<Name>;
  /**
   * What `find` gives, or gave before where everything it looked at is as it was: it may look at nothing but the scene it is given, and is kept, so that it may hold none.
   * `what` names it, and whatever it depends on besides. Looking at `now` or `state` makes it good for this moment only. Where it comes
   * out the same though what it looked at is new (`isSame`), nothing that was made of it is found anew.
   */
  remember<Value>(what: string, find: (scene: Scene) => Value, isSame?: (one: Value, other: Value) => boolean): Value;
}

/** What a rule found wrong (`fault`), or could not be shown right (`unknown`, `since` when, milliseconds since 1970). */
export type Finding = { measured: Text; required: Text; cause: Text; fix: Text } & (
  | { certainty: 'fault' }
  | { certainty: 'unknown'; since: number }
);

/**
 * Cannot be told, because of what the rule named here finds of the same subject: an offline camera says nothing about its picture.
 * No gap is opened for it; one already open stays, folded under the one that explains it.
 */
export interface Explained {
  explainedBy: string;
}

export interface RuleAbout<Subject> {
  /** Stable: gaps, links and other people's programs name it. */
  id: string;
  gate: Gate;
  /** Where the standard says how much this weighs and by which clause. */
  requirement(standard: Standard, subject: Subject): { severity: Severity; clause: Text };
  /** Undefined: met, and shown to be met. */
  judge(subject: Subject, scene: Scene): Finding | Explained | undefined;
}

export type CanteenRule = RuleAbout<undefined> & { per: 'canteen' };
export type ZoneRule = RuleAbout<ZoneKind> & { per: 'zone' };
export type CameraRule = RuleAbout<CameraPlace> & { per: 'camera' };
export type RecorderRule = RuleAbout<RecorderPlace> & { per: 'recorder' };
export type Rule = CanteenRule | ZoneRule | CameraRule | RecorderRule;
