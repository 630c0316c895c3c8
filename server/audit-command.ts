// The commands for the audit: proving it, and writing it out. The server may be at work.
import { createWriteStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Settings } from './config.ts';
import { ServerError } from './errors.ts';
import { anchorText, readAnchor } from './identity/audit-anchor.ts';
import { verifyAudit } from './identity/verify-audit.ts';
import type { AuditHead } from './stores/audit-chain.ts';
import { type AuditStore, auditStore } from './stores/audit-store.ts';
import { openDatabase } from './stores/database.ts';

type Places = Pick<Settings, 'dataDir' | 'state'>;

const rowsAtOnce = 500;

/** `anchor` is one that was kept elsewhere. Throws ServerError `audit-broken`, which names the first place that is. */
export async function auditVerify(places: Places, { anchor, say }: { anchor?: AuditHead; say: (line: string) => void }): Promise<void> {
  const kept = readAnchor(places.dataDir);
  const anchors = [anchor, kept].filter((each) => each !== undefined);
  const { head, broken } = await withAudit(places, (store) => verifyAudit(store, anchors));
  if (broken !== undefined)
    throw new ServerError('audit-broken', `the audit is not what it was: ${broken}; it is sound up to entry ${head.sequence}`);
  say(`the audit is sound: ${head.sequence} entries, of which none was changed, removed or put in between`);
  if (head.sequence > 0) say(`kept elsewhere, this proves them again, by --anchor: ${anchorText(head)}`);
}

/** One JSON object a line, oldest first. Throws ServerError `audit-unusable`. */
export async function auditExport(file: string, places: Places, { say }: { say: (line: string) => void }): Promise<void> {
  await withAudit(places, async (store) => {
    const out = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    await pipeline(Readable.from(lines(store)), out).catch((cause: Error) => {
      throw new ServerError('audit-unusable', `${file} cannot be written: ${cause.message}`, { cause });
    });
  });
  say(`${file} holds the audit, one entry a line`);
}

async function* lines(store: AuditStore): AsyncIterable<string> {
  for (let after = 0; ; ) {
    const rows = await store.after(after, rowsAtOnce);
    for (const { origin, detail, ...row } of rows) yield `${JSON.stringify({ ...row, from: origin, detail: JSON.parse(detail) })}\n`;
    if (rows.length < rowsAtOnce) return;
    after = rows.at(-1)?.sequence ?? after;
  }
}

async function withAudit<Result>({ state }: Places, work: (store: AuditStore) => Promise<Result>): Promise<Result> {
  const file = state.url.startsWith('sqlite:') ? state.url.slice('sqlite:'.length) : undefined;
  if (file !== undefined && !existsSync(file)) throw new ServerError('audit-unusable', `there is no audit yet: no ${file}`);
  const database = await openDatabase(state.url, state.password, 'looking');
  try {
    return await work(auditStore(database));
  } finally {
    await database.destroy();
  }
}
