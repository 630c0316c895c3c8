// What of a picture is kept as a reference; pure.
import { edgeWidth } from './edge-width.ts';
import { isColourless, readLight } from './light.ts';
import { likenessOf, outlineOf } from './likeness.ts';
import type { Reference, ReferenceKind } from './memory.ts';
import type { Still } from './still.ts';

/** Brightness below which, and spread below which, a picture shows too little to hold another one against. */
const least = { meanLuma: 30, lumaSpread: 30 };

/** Undefined where the picture is too dark or too empty to be one. */
export function referenceOf(still: Still, setAt: string): { kind: ReferenceKind; reference: Reference } | undefined {
  const light = readLight(still);
  if (light.meanLuma < least.meanLuma || light.lumaSpread < least.lumaSpread) return undefined;
  const outline = outlineOf(still);
  // It could not even be told to be like itself.
  if (likenessOf(outline, outline) === undefined) return undefined;
  const { blue, red } = light;
  const reference = { setAt, outline, blue, red, edgePixels: edgeWidth(still) };
  return { kind: isColourless(light) ? 'infrared' : 'day', reference };
}
