// What server and gateway keep is for their own user alone, whatever the machine allows files by default.
import { chmodSync, statSync } from 'node:fs';
import { SettingsError } from './settings.ts';

const sticky = 0o1000;

/** From now on, for every file and folder of this process that does not say otherwise. */
export function keepNewFilesPrivate(): void {
  process.umask(0o077);
}

/** Takes what is there, perhaps from before, from all others; not what another user owns, nor a folder meant for everybody (/tmp). Throws SettingsError. */
export function keepPrivate(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.uid !== process.geteuid?.() || (found.mode & sticky) !== 0 || (found.mode & 0o077) === 0) return;
  try {
    chmodSync(path, found.mode & 0o700);
  } catch (cause) {
    throw new SettingsError(`${path} may be read by others, and that cannot be changed (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
}
