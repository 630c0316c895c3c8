// A lens without distortion: a pinhole.
import type { PlanCamera } from '#contract/plan.ts';
import { plus, type Slope } from '../polygon.ts';
import { flatView } from './flat.ts';
import type { Mounted, View } from './view.ts';

const radians = (degrees: number) => (degrees * Math.PI) / 180;

export function rectilinearView(
  { pan = 0, tilt = 0, horizontalFov = 90, resolution = [16, 9] }: PlanCamera,
  { foot: [x, y], height, pixelShare }: Mounted,
): View {
  const [width, tall] = resolution;
  const [cosPan, sinPan] = [Math.cos(radians(pan)), Math.sin(radians(pan))];
  const [cosTilt, sinTilt] = [Math.cos(radians(tilt)), Math.sin(radians(tilt))];
  const halfWide = Math.tan(radians(horizontalFov) / 2);
  const halfTall = (halfWide * tall) / width; // square pixels
  const forward: Slope = { x: cosPan, y: sinPan, c: -x * cosPan - y * sinPan };
  const lateral: Slope = { x: sinPan, y: -cosPan, c: -x * sinPan + y * cosPan };
  const level = (c: number): Slope => ({ x: 0, y: 0, c });

  return flatView((plane) => {
    const drop = height - plane;
    if (drop <= 0) return undefined;
    const depth = plus(level(drop * sinTilt), forward, cosTilt);
    const up = plus(level(-drop * cosTilt), forward, sinTilt);
    const inPicture = (offset: Slope, half: number) => [1, -1].map((side) => plus(plus(level(0), depth, half), offset, side));
    return {
      depth,
      edges: [...inPicture(lateral, halfWide), ...inPicture(up, halfTall)],
      scale: (width * pixelShare) / (2 * halfWide),
    };
  });
}
