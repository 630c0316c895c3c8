// The addresses inside the board: what somebody looks at is in the address bar, so that it can be sent, marked and gone back from.
const prefix = '#/canteens/';

/** Where all canteens are. */
export const wholeDistrict = '#/';

export function canteenAddress(id: string): string {
  return prefix + id;
}

/** The canteen's own page, outside the board. */
export function canteenPage(id: string): string {
  return `/canteens/${encodeURIComponent(id)}`;
}

/** The canteen a `location.hash` names, if it names one. */
export function canteenAt(hash: string): string | undefined {
  return hash.startsWith(prefix) ? hash.slice(prefix.length) : undefined;
}
