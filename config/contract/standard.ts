// The shape of a standard: the regulator's numbers as data, each with the clause behind it and its weight.
import { type Static, Type } from 'typebox';
import { Identifier, Severity, ZoneKind } from './primitives.ts';
import { Text } from './text.ts';

const closed = { additionalProperties: false };

const requirement = <Numbers extends Record<string, ReturnType<typeof Type.Number> | ReturnType<typeof Type.Integer>>>(numbers: Numbers) =>
  Type.Object({ clause: Text, severity: Severity, ...numbers }, closed);

const Pixels = Type.Integer({ minimum: 1, maximum: 20000, description: 'pixels' });

/** No dead angle, in numbers. */
const ZoneCoverageRequired = Type.Object(
  {
    pixelsPerMetre: Type.Number({ minimum: 0, maximum: 5000, description: 'a level of config/standards/iec-62676-4.yaml; 0: seen at all' }),
    edition: Type.String({ minLength: 1, maxLength: 20, description: 'of IEC 62676-4, which the level is of' }),
    planes: Type.Array(Type.Number({ minimum: 0, maximum: 100 }), {
      minItems: 1,
      maxItems: 8,
      description: 'heights at which it must be seen, metres',
    }),
    minPercent: Type.Number({ minimum: 0, maximum: 100, description: 'share of the free area that must be seen' }),
    toleranceSquareMetres: Type.Number({ minimum: 0, maximum: 100, description: 'blind area that still counts as none' }),
    maxSliverMetres: Type.Number({ minimum: 0, maximum: 5, description: 'how wide the blind strips may be that a floor plan leaves out' }),
    clause: Text,
    severity: Severity,
  },
  closed,
);

/** Rules read every number from here; none is written in code. */
export const Standard = Type.Object(
  {
    id: Identifier,
    version: Type.String({ minLength: 1, maxLength: 20 }),
    title: Text,
    source: Text,
    zones: Type.Array(
      Type.Object(
        {
          kind: ZoneKind,
          minHealthyCameras: Type.Integer({ minimum: 1, maximum: 50 }),
          clause: Text,
          severity: Severity,
          coverage: Type.Optional(ZoneCoverageRequired),
        },
        closed,
      ),
      { minItems: 1 },
    ),
    cameraReachable: requirement({}),
    streamDecodes: requirement({}),
    pictureNotBlack: requirement({}),
    cameraNotTampered: requirement({}),
    accountOnlyLooks: requirement({}),
    pictureUncovered: requirement({}),
    pictureMoving: requirement({}),
    cameraInPlace: requirement({}),
    pictureSharp: requirement({}),
    pictureColours: requirement({}),
    pictureQuality: requirement({
      minWidth: Pixels,
      minHeight: Pixels,
      minFramesPerSecond: Type.Number({ minimum: 0, maximum: 120 }),
      tolerancePercent: Type.Number({
        minimum: 0,
        maximum: 50,
        description: 'what a measured frame rate may fall short by and still count as met',
      }),
    }),
    clock: requirement({ maxOffsetSeconds: Type.Number({ minimum: 0, maximum: 86400 }) }),
    overlayClock: requirement({
      maxOffsetSeconds: Type.Number({ minimum: 0, maximum: 86400, description: 'how far the time shown in the picture may be off' }),
    }),
    retention: requirement({
      minDays: Type.Integer({ minimum: 1, maximum: 400 }),
      dayCompletePercent: Type.Number({
        minimum: 0,
        maximum: 100,
        description: 'share of a day that must be recorded for the day to count',
      }),
    }),
    retentionOnCourse: requirement({
      rateTolerancePercent: Type.Number({
        minimum: 0,
        maximum: 90,
        description:
          'how far the bit rates a forecast rests on may be off; a disk so near to the limit is called neither enough nor too little',
      }),
    }),
    recorderDisks: requirement({}),
    playback: requirement({
      minSamples: Type.Integer({
        minimum: 1,
        maximum: 100,
        description: 'how many instants must have been played back for it to be proven',
      }),
      maxDeviationSeconds: Type.Number({
        minimum: 0,
        maximum: 3600,
        description: 'how far from the instant asked for play-back may begin',
      }),
    }),
    playbackOffered: requirement({}),
    gatewayHeard: requirement({ silentAfterSeconds: Type.Integer({ minimum: 10, maximum: 86400 }) }),
    recordsComplete: requirement({
      keepOpenHours: Type.Number({ minimum: 0, maximum: 720, description: 'how long a loss stays an open gap' }),
    }),
    unknownGraceSeconds: Type.Integer({
      minimum: 0,
      maximum: 86400,
      description: 'how long something may stay unproven before that is a gap',
    }),
  },
  closed,
);
export type Standard = Static<typeof Standard>;

/** How gaps and pages name it: `taiyuan-community-2022 v1`. */
export function standardName({ id, version }: Pick<Standard, 'id' | 'version'>): string {
  return `${id} v${version}`;
}
