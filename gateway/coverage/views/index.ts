// The ways a lens can draw.
import type { PlanCamera } from '#contract/plan.ts';
import { equidistantView } from './equidistant.ts';
import { measuredView } from './measured.ts';
import { omnidirectionalView } from './omnidirectional.ts';
import { rectilinearView } from './rectilinear.ts';
import type { Mounted, View } from './view.ts';

const views: Record<PlanCamera['projection'], (camera: PlanCamera, mounted: Mounted) => View | undefined> = {
  rectilinear: rectilinearView,
  equidistant: equidistantView,
  measured: measuredView,
  omnidirectional: (_, mounted) => omnidirectionalView(mounted),
};

/** Undefined where the points measured do not fix a view. */
export function viewOf(camera: PlanCamera, mounted: Mounted): View | undefined {
  return views[camera.projection](camera, mounted);
}
