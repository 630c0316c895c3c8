// The addresses inside a canteen's page: what somebody looks at is in the address bar, so that it can be sent, marked and gone back from.

export const sections = ['coverage', 'pictures', 'footage', 'history'] as const;
export type Section = (typeof sections)[number];

/** What is looked at; each address is also the id of the element that shows it. */
export interface Place {
  section?: Section;
  /** A blind spot: its zone, and which of that zone's, from 1. */
  spot?: { zone: string; place: number };
  camera?: string;
  day?: string;
}

export const sectionAddress = (section: Section) => `#${section}`;
export const spotAddress = ({ zone, place }: { zone: string; place: number }) => `#coverage/${zone}/${place}`;
export const cameraAddress = (camera: string) => `#pictures/${camera}`;
export const dayAddress = (camera: string, day: string) => `#footage/${camera}/${day}`;

/** The place a `location.hash` names; nothing where it names none. */
export function placeAt(hash: string): Place {
  const [name, ...rest] = hash.slice(1).split('/');
  const section = sections.find((known) => known === name);
  const [first, second] = rest;
  if (section === undefined || first === undefined) return section === undefined ? {} : { section };
  if (section === 'coverage') return { section, spot: { zone: first, place: Number(second) } };
  if (section === 'pictures') return { section, camera: first };
  if (section === 'footage' && second !== undefined) return { section, camera: first, day: second };
  return { section };
}
