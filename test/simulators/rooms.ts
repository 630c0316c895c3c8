// Floor plans of simulated canteens: rooms of one size in a row, looked at from the ceiling.
import type { Plan, PlanCamera, PlanObstacle, PlanZone } from '#contract/plan.ts';

/** Metres. A camera of 120 degrees under the middle of a ceiling of 3 m sees all of a room, up to 1.2 m above its floor. */
const room = { wide: 6, deep: 3.4, apart: 7, ceiling: 3 };
const planes: Record<PlanZone['kind'], number[]> = { dining: [0, 1.2], cooking: [0, 0.9], cleaning: [0, 0.85] };

/** `sees`: all of its room, or only the middle. */
export interface RoomCamera {
  id: string;
  zone: string;
  sees?: 'all' | 'the middle';
}

export function roomsPlan(about: {
  zones: readonly { id: string; kind: PlanZone['kind'] }[];
  cameras: readonly RoomCamera[];
  /** Zones with an extractor hood beside the camera, which hides a corner. */
  hoods?: readonly string[];
}): Plan {
  const left = (zone: string) => about.zones.findIndex(({ id }) => id === zone) * room.apart;
  return {
    sliver: 0.2,
    zones: about.zones.map(({ id, kind }) => ({
      id,
      kind,
      polygon: rectangle([left(id), 0], [room.wide, room.deep]),
      planes: planes[kind],
    })),
    obstacles: (about.hoods ?? []).map((zone): PlanObstacle => {
      const polygon = rectangle([left(zone) + room.wide / 2 + 0.8, room.deep / 2 + 0.3], [0.6, 0.3]);
      return { id: '油烟罩', polygon, bottom: 1.9, top: 2.4 };
    }),
    cameras: about.cameras.map(
      ({ id, zone, sees = 'all' }): PlanCamera => ({
        id,
        position: [left(zone) + room.wide / 2, room.deep / 2, room.ceiling],
        pan: 90,
        tilt: 90,
        horizontalFov: sees === 'all' ? 120 : 60,
        resolution: [1920, 1080],
        projection: 'rectilinear',
      }),
    ),
  };
}

function rectangle([x, y]: [number, number], [wide, deep]: [number, number]): PlanZone['polygon'] {
  return [
    [x, y],
    [x + wide, y],
    [x + wide, y + deep],
    [x, y + deep],
  ];
}
