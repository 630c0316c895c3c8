// Every camera's picture must show the kitchen, moving, sharp, in its colours, and from where the camera was accepted: one rule an aspect.
import type { PictureAspect, PictureMeasured } from '#contract/picture.ts';
import type { Standard } from '#contract/standard.ts';
import type { Text } from '#contract/text.ts';
import { deviceAnswers } from '../device-answers.ts';
import { aspectOutcome } from '../picture-aspects.ts';
import type { CameraRule } from '../rule.ts';
import { dayInChina, faultWording } from '../wording.ts';
import { pictureBlack } from './picture-black.ts';

interface About {
  id: string;
  requirement(standard: Standard): ReturnType<CameraRule['requirement']>;
  required: Text;
  measured(measured: PictureMeasured | undefined): Text;
}

const rules: Record<Exclude<PictureAspect, 'black'>, About> = {
  covered: {
    id: 'picture-covered',
    requirement: (standard) => standard.pictureUncovered,
    required: { zh: '镜头无遮挡', en: 'Nothing before the lens' },
    measured: (measured) => {
      const lost = measured?.aspects?.covered.lostPercent;
      if (lost === undefined) return { zh: '画面几乎没有明暗差别', en: 'Hardly any light and dark in the picture' };
      return {
        zh: `与基准画面相比，${Math.round(lost)}%的内容被遮挡`,
        en: `${Math.round(lost)} % of the reference picture cannot be seen`,
      };
    },
  },
  frozen: {
    id: 'picture-frozen',
    requirement: (standard) => standard.pictureMoving,
    required: { zh: '画面实时更新', en: 'A picture that goes on' },
    measured: (measured) =>
      measured?.aspects?.frozen.clock === 'stands'
        ? { zh: '画面及其时间字幕均静止', en: 'Neither the picture nor the clock in it moves' }
        : { zh: '反复收到同一幅画面', en: 'The same picture comes again and again' },
  },
  moved: {
    id: 'camera-moved',
    requirement: (standard) => standard.cameraInPlace,
    required: { zh: '朝向与基准画面一致', en: 'As in the reference picture' },
    measured: (measured) => {
      const { likenessPercent, referenceSetAt } = measured?.aspects?.moved ?? {};
      const alike =
        likenessPercent === undefined ? { zh: '与基准画面不符', en: 'Unlike the reference picture' } : likeness(likenessPercent);
      if (referenceSetAt === undefined) return alike;
      const day = dayInChina(Date.parse(referenceSetAt));
      return { zh: `${alike.zh}（${day}设定）`, en: `${alike.en} (set on ${day})` };
    },
  },
  blurred: {
    id: 'picture-blurred',
    requirement: (standard) => standard.pictureSharp,
    required: { zh: '画面清晰', en: 'A sharp picture' },
    measured: (measured) => {
      const { edgePixels, usualPixels } = measured?.aspects?.blurred ?? {};
      if (edgePixels === undefined || usualPixels === undefined)
        return { zh: '画面中看不到清晰的轮廓', en: 'No clear outlines in the picture' };
      const times = (edgePixels / usualPixels).toFixed(1);
      return { zh: `轮廓宽度为平时的${times}倍`, en: `Outlines ${times} times as wide as usual` };
    },
  },
  'colour-cast': {
    id: 'picture-colour-cast',
    requirement: (standard) => standard.pictureColours,
    required: { zh: '色彩正常', en: 'True colours' },
    measured: () => ({ zh: '整幅画面偏色', en: 'The whole picture is tinted' }),
  },
};

export const pictureCovered = ruleOf('covered');
export const pictureFrozen = ruleOf('frozen');
export const cameraMoved = ruleOf('moved');
export const pictureBlurred = ruleOf('blurred');
export const pictureColourCast = ruleOf('colour-cast');

/** A picture that is not known is told once, by the first rule about pictures. */
function ruleOf(aspect: keyof typeof rules): CameraRule {
  const { id, requirement, required, measured } = rules[aspect];
  return {
    id,
    per: 'camera',
    gate: 'monitoring-connected',
    requirement,
    judge(camera, scene) {
      if (!deviceAnswers(camera.id, scene)) return { explainedBy: 'camera-unreachable' };
      if (scene.believed(camera.id, 'stream').outcome !== 'ok') return { explainedBy: 'stream-does-not-decode' };
      const picture = scene.believed(camera.id, 'picture');
      const outcome = aspectOutcome(picture, aspect);
      if (outcome === 'unknown') return { explainedBy: pictureBlack.id };
      if (outcome === 'ok') return undefined;
      return { measured: measured(picture.fact?.measured), required, ...faultWording(aspect), certainty: 'fault' };
    },
  };
}

function likeness(percent: number): Text {
  return { zh: `与基准画面的吻合度${Math.round(percent)}%`, en: `${Math.round(percent)} % like the reference picture` };
}
