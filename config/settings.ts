// Reads a settings file (YAML, or JSON by its ending) and checks it; a bad one is told in one sentence that names the file, the key and what is allowed.
import { readFileSync } from 'node:fs';
import type { Static, TSchema } from 'typebox';
import { LineCounter, parseDocument } from 'yaml';
import { validator } from './validate.ts';

/** A setting a person has to change. The message is meant to be printed as it is. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/** Reads and checks one file. Throws SettingsError, and nothing else, on whatever is wrong with it. */
export function readSettings<Schema extends TSchema>(file: string, schema: Schema): Static<Schema> {
  const checked = validator(schema)(parse(file, read(file)));
  if (!checked.ok) throw new SettingsError(`${file}: ${checked.problem}`);
  return checked.value;
}

/** Reads a file that holds one secret: a password or key, without the line end after it. Never quotes what it holds. */
export function readSecret(file: string, key: string): string {
  const secret = read(file, key).replace(/\r?\n$/, '');
  if (secret === '') throw new SettingsError(`${key}: the file ${file} is empty; it must hold the secret on one line`);
  if (secret.includes('\n'))
    throw new SettingsError(`${key}: the file ${file} has more than one line; it must hold the secret on one line`);
  return secret;
}

function read(file: string, key?: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'this user may not read it' : `it cannot be read (${code})`;
    throw new SettingsError(`${key === undefined ? '' : `${key}: `}${file}: ${why}`, { cause });
  }
}

function parse(file: string, text: string): unknown {
  if (text.trim() === '') throw new SettingsError(`${file}: the file is empty`);
  if (file.endsWith('.json')) return parseJson(file, text);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new SettingsError(`${file}:${line}:${col}: not valid YAML: ${error.message}`);
  }
  return document.toJS({ maxAliasCount: 100 });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SettingsError(`${file}: not valid JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
