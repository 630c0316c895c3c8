// The levels of picture detail there are names for, as data: how many pixels a metre across must have.
import { join } from 'node:path';
import { Type } from 'typebox';
import { readSettings } from './settings.ts';

const closed = { additionalProperties: false };

export const DensityLadders = Type.Object(
  {
    ladders: Type.Array(
      Type.Object(
        {
          edition: Type.String({ minLength: 1, maxLength: 20, description: 'of IEC 62676-4' }),
          levels: Type.Array(
            Type.Object(
              {
                name: Type.String({ minLength: 1, maxLength: 40 }),
                pixelsPerMetre: Type.Number({ exclusiveMinimum: 0, maximum: 5000, description: 'pixels a metre across must have' }),
              },
              closed,
            ),
            { minItems: 1, maxItems: 12 },
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: 2 },
    ),
  },
  closed,
);

const file = join(import.meta.dirname, 'standards/iec-62676-4.yaml');

/** Every level of every edition, rising, each once; before them 0, which is to be seen at all. */
export function densityLevels(): number[] {
  const named = readSettings(file, DensityLadders).ladders.flatMap(({ levels }) => levels.map(({ pixelsPerMetre }) => pixelsPerMetre));
  return [...new Set([0, ...named])].toSorted((a, b) => a - b);
}
