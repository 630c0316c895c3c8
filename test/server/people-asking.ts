// An app with people in it, and how the tests of who may do what ask it.
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import type { Ask } from './asking.ts';

export async function openApp(about: { behindProxy?: boolean } = {}) {
  const parts = await openParts();
  const app = await appOf(parts, about);
  return { ...parts, app };
}

export const post = (payload: object = {}) => ({ method: 'POST' as const, payload });
export const everywhere = { kind: 'all' } as const;
export const regulator = { name: '王工', grants: [{ role: 'regulator' as const, scope: everywhere }] };
export const errorOf = (answer: { statusCode: number; json(): { error: string } }) => `${answer.statusCode} ${answer.json().error}`;
export const idOf = async (ask: Ask, name: string) =>
  ((await ask('/api/people')).json().people as { id: string; name: string }[]).find((person) => person.name === name)?.id;
export const auditOf = async (ask: Ask) =>
  (await ask('/api/audit?limit=1000')).json().entries as { who: string; action: string; subject: string; from: string; detail: object }[];
