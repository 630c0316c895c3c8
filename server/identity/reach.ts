// What somebody's roles reach: which canteens count as there. Pure.
import type { Grant, Role } from '#contract/people.ts';

/** As much of a canteen as a scope asks about. */
export interface Place {
  id: string;
  district: string;
}

export interface Reach {
  /** Also what belongs to canteens that are not under supervision any longer. */
  everything: boolean;
  has(canteen: Place): boolean;
}

export const nothing: Reach = { everything: false, has: () => false };

/** The canteens that `grants` reach by any of `roles`. */
export function reachOf(grants: readonly Grant[], roles: readonly Role[]): Reach {
  const scopes = grants.filter(({ role }) => roles.includes(role)).map(({ scope }) => scope);
  if (scopes.some(({ kind }) => kind === 'all')) return { everything: true, has: () => true };
  const districts = new Set(scopes.flatMap((scope) => (scope.kind === 'districts' ? scope.districts : [])));
  const canteens = new Set(scopes.flatMap((scope) => (scope.kind === 'canteens' ? scope.canteens : [])));
  return { everything: false, has: ({ id, district }) => canteens.has(id) || districts.has(district) };
}

/** Why these cannot be granted together, in a sentence. */
export function problemOfGrants(grants: readonly Grant[]): string | undefined {
  const roles = grants.map(({ role }) => role);
  const twice = roles.find((role, index) => roles.indexOf(role) !== index);
  if (twice !== undefined) return `the role ${twice} stands there twice; name all it reaches in one`;
  const limited = grants.find(({ role, scope }) => role === 'administrator' && scope.kind !== 'all');
  return limited && 'an administrator looks after people and the server itself, so that role cannot be limited; its scope is all';
}
