// Puts every rule to every subject it is about.
import type { Gap } from '#contract/gaps.ts';
import type { Explained, Finding, Rule, Scene } from './rule.ts';
import { gatewaySilent } from './rules/gateway-silent.ts';
import { rules } from './rules/index.ts';

type About = Pick<Gap, 'rule' | 'gate' | 'severity' | 'clause' | 'zone' | 'device' | 'deviceName'>;

/** What one rule found of one subject, with everything a gap takes from the rule itself. */
export type Result = About & { found: Finding | Explained };

/** Pure. Whatever is not met, in the order of the rules; while the gateway is silent, that explains all the others. */
export function findings(scene: Scene): Result[] {
  const subjects = scene.remember('subjects', (seen) => subjectsOf(seen));
  const isSilent = gatewaySilent.judge(undefined, scene) !== undefined;
  const found = subjects.flatMap((subject) => (isSilent ? inSilence(subject, scene) : foundOf(subject, scene)));
  return found.toSorted((a, b) => a.place - b.place).map(({ result }) => result);
}

/** One rule put to one subject; `place` is where among all of them. */
interface Question {
  place: number;
  about: About;
  judge(scene: Scene): Finding | Explained | undefined;
}

/** Everything asked of one device, one zone, or the canteen as a whole: it is mostly together that it changes. */
interface Subject {
  what: string;
  questions: Question[];
}

interface Found {
  place: number;
  result: Result;
}

function subjectsOf(scene: Scene): Subject[] {
  const questions = rules.flatMap((rule) => questionsOf(rule, scene)).map((question, place) => ({ ...question, place }));
  const bySubject = Map.groupBy(questions, ({ about: { zone, device } }) => `findings of ${zone ?? ''}/${device ?? ''}`);
  return [...bySubject].map(([what, asked]) => ({ what, questions: asked }));
}

function foundOf({ what, questions }: Subject, scene: Scene): Found[] {
  return scene.remember(what, (seen) =>
    questions.flatMap(({ place, about, judge }) => {
      const found = judge(seen);
      return found === undefined ? [] : [{ place, result: { ...about, found } }];
    }),
  );
}

function inSilence(subject: Subject, scene: Scene): Found[] {
  const explained = { explainedBy: gatewaySilent.id };
  return subject.questions.flatMap(({ place, about, judge }) => {
    const found = about.rule === gatewaySilent.id ? judge(scene) : explained;
    return found === undefined ? [] : [{ place, result: { ...about, found } }];
  });
}

function questionsOf(rule: Rule, { standard, layout }: Scene): Omit<Question, 'place'>[] {
  const question = (
    requirement: Pick<Gap, 'severity' | 'clause'>,
    subject: Pick<Gap, 'zone' | 'device' | 'deviceName'>,
    judge: Question['judge'],
  ) => {
    const { severity, clause } = requirement;
    return { about: { rule: rule.id, gate: rule.gate, severity, clause, ...subject }, judge };
  };
  switch (rule.per) {
    case 'canteen':
      return [question(rule.requirement(standard, undefined), {}, (scene) => rule.judge(undefined, scene))];
    case 'zone':
      return standard.zones.map(({ kind }) =>
        question(rule.requirement(standard, kind), { zone: kind }, (scene) => rule.judge(kind, scene)),
      );
    case 'camera':
      return layout.cameras.map((camera) =>
        question(rule.requirement(standard, camera), { device: camera.id, deviceName: camera.name }, (scene) => rule.judge(camera, scene)),
      );
    case 'recorder':
      return layout.recorders.map((recorder) =>
        question(rule.requirement(standard, recorder), { device: recorder.id, deviceName: recorder.name }, (scene) =>
          rule.judge(recorder, scene),
        ),
      );
    default:
      return rule satisfies never;
  }
}
