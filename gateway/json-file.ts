// A small file of our own that must survive: checked when it is read, and written whole or not at all, also when the power goes.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { validator } from '#config/validate.ts';
import { GatewayError } from './errors.ts';
import { parseJson } from './json.ts';
import type { Log } from './log.ts';

export interface JsonFile<Content> {
  /** Undefined where there is none, or one that makes no sense: that is moved aside. */
  read(): Content | undefined;
  write(content: Content): void;
}

/** `damaged` is said where the content makes no sense. Both functions throw GatewayError `store-unusable`. */
export function jsonFile<Schema extends TSchema>(
  file: string,
  { schema, damaged, log }: { schema: Schema; damaged: string; log: Log },
): JsonFile<Static<Schema>> {
  const check = validator(schema);
  return {
    read() {
      const bytes = readIfThere(file);
      if (bytes === undefined) return undefined;
      const checked = check(parseJson(bytes));
      if (checked.ok) return checked.value;
      const aside = `${file}.damaged`;
      renameSync(file, aside);
      log.error({ problem: checked.problem, aside }, damaged);
      return undefined;
    },
    write(content) {
      try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(`${file}.new`, `${JSON.stringify(content, undefined, 1)}\n`, { flush: true });
        renameSync(`${file}.new`, file);
      } catch (cause) {
        throw new GatewayError('store-unusable', `${file}: it cannot be written`, { cause });
      }
    },
  };
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GatewayError('store-unusable', `${file}: it cannot be read; the gateway must be able to read and write it`, { cause });
  }
}
