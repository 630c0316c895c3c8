// Puts every rule to every subject it is about.

import type { Gap } from '#contract/gaps.ts';
import type { Layout } from '#contract/layout.ts';
import type { Standard } from '#contract/standard.ts';
import { believed } from './believed.ts';
import type { Explained, Finding, Rule, Scene } from './rule.ts';
import { gatewaySilent } from './rules/gateway-silent.ts';
import { rules } from './rules/index.ts';
import type { CanteenState } from './state.ts';

/** What one rule came to for one subject, with everything a gap takes from the rule itself. */
export type Result = Pick<Gap, 'rule' | 'gate' | 'severity' | 'clause' | 'zone' | 'device' | 'deviceName'> & {
  found: Finding | Explained | undefined;
};

/** Pure. One result for each rule and subject; while the gateway is silent, that explains all the others. */
export function findings(state: CanteenState, standard: Standard, now: number): Result[] {
  const scene = sceneOf(state, standard, now);
  const silent = gatewaySilent.judge(undefined, scene) !== undefined;
  return rules.flatMap((rule) => {
    const results = put(rule, scene);
    return silent && rule !== gatewaySilent ? results.map((result) => ({ ...result, found: { explainedBy: gatewaySilent.id } })) : results;
  });
}

/** What rules look at: `state` as it may be believed at `now`, milliseconds since 1970. */
export function sceneOf(state: CanteenState, standard: Standard, now: number): Scene {
  return {
    state,
    layout: state.layout?.layout ?? nothingRegistered,
    standard,
    now,
    believed: (device, check) => believed(state, { device, check }, now),
  };
}

const nothingRegistered: Layout = { schemaVersion: 1, zones: [], cameras: [], recorders: [] };

function put(rule: Rule, scene: Scene): Result[] {
  const { id, gate } = rule;
  const result = (
    requirement: Pick<Gap, 'severity' | 'clause'>,
    about: Pick<Gap, 'zone' | 'device' | 'deviceName'>,
    found: Result['found'],
  ): Result => {
    const { severity, clause } = requirement;
    return { rule: id, gate, severity, clause, ...about, found };
  };
  switch (rule.per) {
    case 'canteen':
      return [result(rule.requirement(scene.standard, undefined), {}, rule.judge(undefined, scene))];
    case 'zone':
      return scene.standard.zones.map(({ kind }) =>
        result(rule.requirement(scene.standard, kind), { zone: kind }, rule.judge(kind, scene)),
      );
    case 'camera':
      return scene.layout.cameras.map((camera) =>
        result(rule.requirement(scene.standard, camera), { device: camera.id, deviceName: camera.name }, rule.judge(camera, scene)),
      );
    case 'recorder':
      return scene.layout.recorders.map((recorder) =>
        result(rule.requirement(scene.standard, recorder), { device: recorder.id, deviceName: recorder.name }, rule.judge(recorder, scene)),
      );
    default:
      return rule satisfies never;
  }
}
