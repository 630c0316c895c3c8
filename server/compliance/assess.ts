// The whole verdict on one canteen at one moment: findings by every rule, what that does to its gaps, and its line on the board.
import type { Gap } from '#contract/gaps.ts';
import { type Outcome, type Severity, severities } from '#contract/primitives.ts';
import type { Standard } from '#contract/standard.ts';
import type { CanteenSummary, ZoneView } from '#contract/views.ts';
import { cameraHealth } from './camera-health.ts';
import { findings, type Result } from './findings.ts';
import { reconcile } from './gaps.ts';
import { createMemory, type Memory } from './memory.ts';
import type { Scene } from './rule.ts';
import { gatewaySilent, silentFrom } from './rules/gateway-silent.ts';
import { zoneHealth } from './rules/zone-without-healthy-camera.ts';
import type { CanteenState } from './state.ts';

export interface CanteenIdentity {
  id: string;
  name: string;
  district: string;
}

export interface Assessment {
  /** Every gap that is open now. */
  open: Gap[];
  /** Those of `open`, and those just closed, that differ from before: store and announce these. */
  changed: Gap[];
  summary: CanteenSummary;
}

/**
 * Pure, but for what is put into `memory`, which makes it cheap to judge the same canteen again and changes nothing else. `open` are the gaps
 * that were open before; `now` is milliseconds since 1970.
 */
export function assess(about: {
  canteen: CanteenIdentity;
  state: CanteenState;
  open: Gap[];
  standard: Standard;
  now: number;
  memory?: Memory;
}): Assessment {
  const { canteen, state, standard, now, memory = createMemory() } = about;
  const scene = memory.sceneOf(state, standard, now);
  const results = findings(scene);
  const gaps = reconcile({ canteen: canteen.id, open: about.open, results, standard, now });
  return { ...gaps, summary: summarize({ canteen, scene, results, open: gaps.open }) };
}

function summarize(about: { canteen: CanteenIdentity; scene: Scene; results: Result[]; open: Gap[] }): CanteenSummary {
  const { canteen, scene, results, open } = about;
  const { state, standard, layout } = scene;
  const silent = results.some((result) => result.rule === gatewaySilent.id);
  const counted = open.filter((gap) => gap.foldedUnder === null);
  return {
    ...canteen,
    verdict: silent ? 'unknown' : verdictOf(results),
    zones: standard.zones.map(({ kind }) => zoneView(kind, { scene, results, silent })),
    cameras: {
      total: layout.cameras.length,
      healthy: silent ? 0 : layout.cameras.filter((camera) => cameraHealth(camera.id, scene).outcome === 'ok').length,
    },
    openGaps: counted.length,
    worstSeverity: worst(counted.map((gap) => gap.severity)),
    heardAt: instantOrNull(state.gateway.heardAt),
    staleAt: silent ? null : instantOrNull(silentFrom(state, standard.gatewayHeard.silentAfterSeconds)),
  };
}

/** Green only where every rule is shown to be met: a finding not yet due, or one explained by another, is no green either. */
function verdictOf(results: Result[]): Outcome {
  if (results.some(({ found }) => 'certainty' in found && found.certainty === 'fault')) return 'fault';
  return results.length === 0 ? 'ok' : 'unknown';
}

/** A zone watched by healthy cameras is not yet one without dead angle: whatever else is found of it counts as well. */
function zoneView(kind: ZoneView['kind'], { scene, results, silent }: { scene: Scene; results: Result[]; silent: boolean }): ZoneView {
  const zone = zoneHealth(kind, scene);
  if (silent) return { kind, outcome: 'unknown', cameras: zone.cameras, healthyCameras: 0, reason: silentReason };
  const counts = { kind, cameras: zone.cameras, healthyCameras: zone.healthy };
  if (zone.outcome !== 'ok') return { ...counts, outcome: zone.outcome, reason: zone.reason };
  const findings = results.flatMap(({ zone: about, found }) => (about === kind && 'certainty' in found ? [found] : []));
  const [gravest] = findings.toSorted((a, b) => Number(b.certainty === 'fault') - Number(a.certainty === 'fault'));
  return gravest === undefined ? { ...counts, outcome: 'ok' } : { ...counts, outcome: gravest.certainty, reason: gravest.measured };
}

const silentReason = { zh: '网关失联', en: 'Nothing comes from the gateway' };

function worst(found: Severity[]): Severity | null {
  return severities.find((severity) => found.includes(severity)) ?? null;
}

function instantOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
