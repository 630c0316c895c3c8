// Reads what ffmpeg’s framehash prints: one hash for each coded picture; pure.

/** SHA-256 of each, in the order they came. */
export function codedHashes(framehash: string): string[] {
  return framehash
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .flatMap((line) => line.split(',')[5]?.trim() ?? []);
}
