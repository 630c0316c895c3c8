// Puts every rule to every subject it is about.
import type { Gap } from '#contract/gaps.ts';
import type { CameraRule, CanteenRule, Explained, Finding, RecorderRule, Rule, RuleAbout, Scene, ZoneRule } from './rule.ts';
import { gatewaySilent } from './rules/gateway-silent.ts';
import { rules } from './rules/index.ts';

type About = Pick<Gap, 'zone' | 'device' | 'deviceName'>;

/** What one rule found of one subject, with everything a gap takes from the rule itself. */
export type Result = Pick<Gap, 'rule' | 'gate' | 'severity' | 'clause'> & About & { found: Finding | Explained };

/** Pure. Whatever is not met, in the order of the rules; while the gateway is silent, that explains all the others. */
export function findings(scene: Scene): Result[] {
  const subjects = scene.remember('subjects', subjectsOf);
  const isSilent = gatewaySilent.judge(undefined, scene) !== undefined;
  const found = subjects.flatMap(({ what, ask }) => (isSilent ? ask(scene, silence) : scene.remember(what, ask)));
  return found.toSorted((a, b) => a.place - b.place).map(({ result }) => result);
}

/** One device, one zone, or the canteen as a whole: what is asked of it is asked together, because it is mostly together that it changes. */
interface Subject {
  what: string;
  /** Puts all its rules to it; `silence` explains whatever they might find. */
  ask(scene: Scene, silence?: Explained): Found[];
}

/** `place`: that of its rule among all rules. */
interface Found {
  place: number;
  result: Result;
}

const silence: Explained = { explainedBy: gatewaySilent.id };

/** One kind of rules, each with its place among all. */
type Placed<Kind extends Rule> = { place: number; rule: Kind }[];

const placed = rules.map((rule, place) => ({ rule, place }));
const ofCanteen: Placed<CanteenRule> = placed.flatMap(({ rule, place }) => (rule.per === 'canteen' ? [{ rule, place }] : []));
const ofZone: Placed<ZoneRule> = placed.flatMap(({ rule, place }) => (rule.per === 'zone' ? [{ rule, place }] : []));
const ofCamera: Placed<CameraRule> = placed.flatMap(({ rule, place }) => (rule.per === 'camera' ? [{ rule, place }] : []));
const ofRecorder: Placed<RecorderRule> = placed.flatMap(({ rule, place }) => (rule.per === 'recorder' ? [{ rule, place }] : []));

function subjectsOf({ standard, layout }: Scene): Subject[] {
  return [
    subject(ofCanteen, undefined, {}),
    ...standard.zones.map(({ kind }) => subject(ofZone, kind, { zone: kind })),
    ...layout.cameras.map((camera) => subject(ofCamera, camera, { device: camera.id, deviceName: camera.name })),
    ...layout.recorders.map((recorder) => subject(ofRecorder, recorder, { device: recorder.id, deviceName: recorder.name })),
  ];
}

function subject<Of>(asked: { place: number; rule: RuleAbout<Of> }[], of: Of, about: About): Subject {
  return {
    what: `findings of ${about.zone ?? ''}/${about.device ?? ''}`,
    ask: (scene, explained) =>
      asked.flatMap(({ place, rule }) => {
        const found = rule.id === gatewaySilent.id ? rule.judge(of, scene) : (explained ?? rule.judge(of, scene));
        if (found === undefined) return [];
        const { severity, clause } = rule.requirement(scene.standard, of);
        return [{ place, result: { rule: rule.id, gate: rule.gate, severity, clause, ...about, found } }];
      }),
  };
}
