// One archive of everything the server must not forget, made while it runs; and the way back.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { Type } from 'typebox';
import { validator } from '#config/validate.ts';
import { Instant } from '#contract/primitives.ts';
import type { Settings } from './config.ts';
import { ServerError } from './errors.ts';
import { writeAnchor } from './identity/audit-anchor.ts';
import type { AuditEntry } from './stores/audit-chain.ts';
import { auditStore } from './stores/audit-store.ts';
import { copyState, type StateAddress } from './stores/copy-state.ts';
import { openDatabase } from './stores/database.ts';
import { lockFolder } from './stores/folder-lock.ts';
import { prepareRestored } from './stores/prepare-restored.ts';

type Places = Pick<Settings, 'dataDir' | 'state' | 'telemetry' | 'authority' | 'evidence'>;

interface Deps {
  /** The account of this machine that gave the command. */
  by: string;
  say: (line: string) => void;
  now: () => number;
}

const stateFile = 'state.db';
const telemetryFile = 'telemetry.db';
const pictures = 'evidence';
const authorityName = 'authority';
const manifestFile = 'mingzao-backup.json';
const Manifest = Type.Object({ format: Type.Literal(1), at: Instant }, { description: 'what was backed up, and when' });

/**
 * Writes `file`, a tar archive: the state as it stood at one moment, then telemetry where that is embedded, then the pictures, so that none is
 * missing that the state names; and the certificate authority, so that the file is for this user's eyes only. The server may be at work. Throws ServerError.
 */
export async function backup(file: string, { state, telemetry, authority, evidence }: Places, { by, say, now }: Deps): Promise<void> {
  if (existsSync(file)) throw unusable(`${file} is there already; name another file`);
  if (state.url.startsWith('sqlite:') && !existsSync(pathOf(state.url)))
    throw unusable(`there is nothing to back up: no ${pathOf(state.url)}`);
  await inFolderBeside(file, 'backup', async (folder) => {
    writeFileSync(join(folder, manifestFile), JSON.stringify({ format: 1, at: new Date(now()).toISOString() }));
    if (state.url.startsWith('sqlite:')) copySqlite(pathOf(state.url), join(folder, stateFile));
    else await copyState(state, { url: `sqlite:${join(folder, stateFile)}` });
    const parts = [manifestFile, stateFile];
    if (telemetry.url.startsWith('sqlite:') && existsSync(pathOf(telemetry.url))) {
      copySqlite(pathOf(telemetry.url), join(folder, telemetryFile));
      parts.push(telemetryFile);
    }
    if (existsSync(authority.folder)) {
      cpSync(authority.folder, join(folder, authorityName), { recursive: true });
      parts.push(authorityName);
    }
    const archive = join(folder, 'archive.tar');
    // The authority's key is in it.
    writeFileSync(archive, '', { mode: 0o600 });
    await tar(['--create', '--file', archive, '--directory', folder, ...parts, ...picturesOf(evidence.folder)]);
    renameSync(archive, file);
  });
  await noteDown(state, { at: now(), who: 'command line', action: 'backed-up', subject: resolve(file), from: by });
  if (!telemetry.url.startsWith('sqlite:')) say('not in it: telemetry, which is in InfluxDB; back that up with: influxd backup -portable');
  say(`${file} holds what the server knows as of now`);
}

/**
 * Puts what `file` holds in the place of what is there, which is kept beside it. No server may be at work there; started again, it announces what
 * it has, and each gateway sends what came later and is still in its outbox, and tells the rest as lost. Throws ServerError.
 */
export async function restore(file: string, places: Places, { by, say, now }: Deps): Promise<void> {
  const { dataDir, state, telemetry, authority, evidence } = places;
  if (!existsSync(file)) throw unusable(`there is no file ${file}`);
  mkdirSync(dataDir, { recursive: true });
  const lock = lockFolder(dataDir);
  try {
    await inFolderBeside(evidence.folder, 'restore', async (folder) => {
      await tar(['--extract', '--file', resolve(file), '--directory', folder, '--no-same-owner']).catch((cause: Error) => {
        throw unusable(`${file} cannot be read as an archive: ${cause.message.trim().split('\n').at(-1)}`, cause);
      });
      const { at } = readManifest(file, folder);
      const isThere = (name: string) => existsSync(join(folder, name));
      for (const name of [stateFile, telemetryFile].filter(isThere)) refuseDamaged(file, join(folder, name));
      const noted = { at: now(), who: 'command line', action: 'restored', subject: resolve(file), from: by, detail: { as: at } };
      const isLeft = !state.url.startsWith('sqlite:') || existsSync(pathOf(state.url));
      const head = await prepareRestored(join(folder, stateFile), { present: isLeft ? state : undefined, noted });
      const aside = `.before-restore-${now()}`;
      if (state.url.startsWith('sqlite:')) replaceSqlite(join(folder, stateFile), pathOf(state.url), aside);
      else await copyState({ url: `sqlite:${join(folder, stateFile)}` }, state);
      if (telemetry.url.startsWith('sqlite:') && isThere(telemetryFile))
        replaceSqlite(join(folder, telemetryFile), pathOf(telemetry.url), aside);
      if (isThere(pictures)) replaceFolder(join(folder, pictures), evidence.folder, aside);
      // The one that is there knows what was revoked since.
      if (isThere(authorityName) && !existsSync(authority.folder)) {
        cpSync(join(folder, authorityName), authority.folder, { recursive: true });
        chmodSync(authority.folder, 0o700);
      }
      writeAnchor(dataDir, head);
      say(`restored what the server knew at ${at}; files that were there before have the ending ${aside}, and may be deleted`);
      if (!state.url.startsWith('sqlite:')) say('what PostgreSQL held before is gone');
      say('everybody signs in anew; tokens, one-time links and claim codes of then count no longer, and have to be made anew');
      say('people, their roles and passwords are as they were then: look at /people whether somebody was disabled or demoted since');
    });
  } finally {
    lock.close();
  }
}

/** Pictures are never changed once they have their name, so they can be read while the server runs; one may be forgotten meanwhile. */
function picturesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return ['--exclude', '*.part', '--ignore-failed-read', '--transform', `s,^\\.,${pictures},`, '--directory', folder, '.'];
}

function readManifest(file: string, folder: string): { at: string } {
  const path = join(folder, manifestFile);
  if (!existsSync(path) || !existsSync(join(folder, stateFile))) throw unusable(`${file} is no back-up of this program`);
  const checked = validator(Manifest)(JSON.parse(readFileSync(path, 'utf8')));
  if (!checked.ok) throw unusable(`${file} is of another version of this program: ${checked.problem}`);
  return checked.value;
}

/** As it stands at one moment, whoever is writing to it. */
function copySqlite(from: string, to: string): void {
  const database = new DatabaseSync(from, { timeout: 30_000 });
  try {
    database.prepare('vacuum into ?').run(to);
  } finally {
    database.close();
  }
}

function refuseDamaged(file: string, path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const found = database.prepare('pragma integrity_check(1)').get()?.integrity_check;
    if (found !== 'ok') throw unusable(`${basename(path)} in ${file} is damaged: ${found}`);
  } catch (cause) {
    throw cause instanceof ServerError ? cause : unusable(`${basename(path)} in ${file} is no database`, cause);
  } finally {
    database.close();
  }
}

/** In the database that may be in use. */
async function noteDown(state: StateAddress, entry: AuditEntry): Promise<void> {
  const database = await openDatabase(state.url, state.password, 'looking');
  try {
    await auditStore(database).record(entry);
  } finally {
    await database.destroy();
  }
}

/** The new one is whole before it gets the name. */
function replaceSqlite(from: string, to: string, aside: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, `${to}.part`);
  for (const end of ['', '-wal', '-shm']) if (existsSync(to + end)) renameSync(to + end, to + aside + end);
  renameSync(`${to}.part`, to);
}

function replaceFolder(from: string, to: string, aside: string): void {
  if (existsSync(to)) renameSync(to, to + aside);
  renameSync(from, to);
}

async function inFolderBeside(file: string, what: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = makeFolder(join(dirname(resolve(file)), `.mingzao-${what}-`));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(prefix: string): string {
  try {
    return mkdtempSync(prefix);
  } catch (cause) {
    throw unusable(`no folder can be made in ${dirname(prefix)}: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
}

const run = promisify(execFile);

/** 1 is tar's word for a file that went or grew while it was read. */
async function tar(words: string[]): Promise<void> {
  try {
    await run('tar', words, { maxBuffer: 64 * 1024 * 1024 });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 1) throw cause;
  }
}

function pathOf(url: string): string {
  return url.slice('sqlite:'.length);
}

function unusable(sentence: string, cause?: unknown): ServerError {
  return new ServerError('backup-unusable', sentence, { cause });
}
