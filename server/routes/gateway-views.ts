// The page of gateways from what the server knows: which certificate of a canteen counts, and when its gateway was heard.
import type { CertificateState, GatewayCanteen } from '#contract/gateways.ts';
import type { Standing } from '../judging.ts';
import type { CertificateRow } from '../stores/enrolment-store.ts';

/** By district and name. `rows` newest first; of those that no longer count nothing is shown but the newest few. */
export function gatewayCanteens(about: {
  standings: Standing[];
  rows: CertificateRow[];
  isSettled: (canteen: string) => boolean;
  now: number;
}): GatewayCanteen[] {
  const { standings, rows, isSettled, now } = about;
  const rowsOf = Map.groupBy(rows, ({ canteen }) => canteen);
  return standings
    .map(({ identity: { id, name, district }, summary: { heardAt } }) => ({
      ...{ id, name, district, inSettings: isSettled(id), heardAt },
      certificates: (rowsOf.get(id) ?? [])
        .map((row) => ({
          serial: row.serial,
          state: stateOf(row, now),
          issuedAt: row.issued_at,
          expiresAt: row.not_after,
          revokedAt: row.revoked_at,
        }))
        .filter(({ state }, index) => index < shownMax || state === 'in-use' || state === 'waiting'),
    }))
    .toSorted((a, b) => a.district.localeCompare(b.district) || a.name.localeCompare(b.name));
}

const shownMax = 5;

function stateOf({ revoked_why, not_after, used_at }: CertificateRow, now: number): CertificateState {
  if (revoked_why === 'replaced') return 'replaced';
  if (revoked_why !== null) return 'revoked';
  if (Date.parse(not_after) <= now) return 'expired';
  return used_at === null ? 'waiting' : 'in-use';
}
