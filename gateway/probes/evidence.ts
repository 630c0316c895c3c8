// Keeps a picture as evidence without ever spoiling the look that made it: where it cannot be kept, the fact names none.
import type { ProbeOptions } from './device.ts';

/** The SHA-256 a fact may name the picture by, or undefined where nobody keeps it. Never rejects. */
export async function keptAs(jpeg: Buffer, { keepPicture }: Pick<ProbeOptions, 'keepPicture'>): Promise<string | undefined> {
  return keepPicture?.(jpeg).catch(() => undefined);
}
