// What a canteen is made of: its zones, and which camera watches which, and which recorder keeps whose footage.
import { type Static, Type } from 'typebox';
import { Plan } from './plan.ts';
import { Identifier, ZoneKind } from './primitives.ts';

const closed = { additionalProperties: false };
const Name = Type.String({ minLength: 1, maxLength: 80 });

export const Zone = Type.Object({ id: Identifier, kind: ZoneKind, name: Name }, closed);
export type Zone = Static<typeof Zone>;

export const CameraPlace = Type.Object(
  { id: Identifier, name: Name, zones: Type.Array(Identifier, { maxItems: 16, description: 'the zones it watches' }) },
  closed,
);
export type CameraPlace = Static<typeof CameraPlace>;

export const RecorderPlace = Type.Object(
  { id: Identifier, name: Name, cameras: Type.Array(Identifier, { maxItems: 256, description: 'whose footage it keeps' }) },
  closed,
);
export type RecorderPlace = Static<typeof RecorderPlace>;

/** Sent by the gateway at start and whenever its configuration changes; the newest one counts. */
export const Layout = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    zones: Type.Array(Zone, { maxItems: 64 }),
    cameras: Type.Array(CameraPlace, { maxItems: 256 }),
    recorders: Type.Array(RecorderPlace, { maxItems: 32 }),
    plan: Type.Optional(Plan),
  },
  closed,
);
export type Layout = Static<typeof Layout>;
