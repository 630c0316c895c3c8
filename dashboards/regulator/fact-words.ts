// What a check saw, in words short enough for one line of a device.
import type { OverlayClock } from '#contract/camera-measured.ts';
import type { Fact } from '#contract/facts.ts';
import { dayOf, spanInWords } from '../i18n/times.ts';
import type { Language, Messages } from '../i18n/zh-CN.ts';

// Below the first a clock is told to a tenth of a second, up to the second in whole ones.
const clockFineSeconds = 10;
const clockCoarseSeconds = 3600;

// ffmpeg’s names, and those people know.
const codecNames: Record<string, string> = { h264: 'H.264', hevc: 'H.265', mjpeg: 'MJPEG' };

interface Saying {
  words: Messages;
  language: Language;
  cameraName: (id: string) => string;
}

/** One or more short phrases; none where nothing was measured and nothing went wrong. */
export function factInWords(fact: Fact, saying: Saying): string[] {
  return [...(fact.fault === undefined ? [] : [saying.words.fault[fact.fault]]), ...measuredInWords(fact, saying)];
}

function measuredInWords(fact: Fact, { words, language, cameraName }: Saying): string[] {
  if (fact.measured === undefined) return [];
  switch (fact.check) {
    case 'reachable':
      return fact.measured.roundTripMs === undefined ? [] : [words.roundTrip(fact.measured.roundTripMs)];
    case 'identity':
      return [`${fact.measured.manufacturer} ${fact.measured.model}`];
    case 'clock':
      return [clockInWords(fact.measured.offsetSeconds, words)];
    case 'stream': {
      const { codec, width, height, framesPerSecond, bitsPerSecond, overlayClock } = fact.measured;
      return [
        codecNames[codec] ?? codec,
        `${width}×${height}`,
        ...(framesPerSecond === undefined ? [] : [words.framesPerSecond(framesPerSecond)]),
        ...(bitsPerSecond === undefined ? [] : [`${(bitsPerSecond / 1e6).toFixed(1)} Mb/s`]),
        ...(overlayClock === undefined ? [] : [words.overlayClock(overlayClock.shown, overlayInWords(overlayClock, words))]),
      ];
    }
    case 'picture':
      return [words.brightness((fact.measured.meanLuma / 255) * 100), words.black(fact.measured.blackPercent)];
    case 'footage':
      return fact.measured.recordings.map(({ camera, recording, oldest, gapCount }) => {
        const name = camera === undefined ? recording : cameraName(camera);
        if (oldest === undefined) return words.keptNothing(name);
        return `${words.keptSince(name, dayOf(new Date(oldest), language))}${words.comma}${words.holes(gapCount)}`;
      });
    case 'playback': {
      const { samples } = fact.measured;
      if (samples.length === 0) return [];
      const off = samples.flatMap(({ deviationSeconds }) => (deviationSeconds === undefined ? [] : [Math.abs(deviationSeconds)]));
      const played = words.playedBack(off.length, samples.length);
      return off.length === 0 ? [played] : [played, words.playedOff(Math.ceil(Math.max(...off)))];
    }
    case 'storage':
      return fact.measured.capacityBytes === undefined ? [] : [`${(fact.measured.capacityBytes / 1e12).toFixed(1)} TB`];
    case 'coverage':
      return fact.measured.levels.slice(0, 1).map(({ ratio }) => `${Math.floor(ratio * 1000) / 10} %`);
    case 'tamper':
      return fact.measured.sources.flatMap(({ kind, active }) => (active ? [words.tampering[kind]] : []));
    case 'inputs':
      return fact.measured.inputs.map(({ token, active }) => words.input(token, active));
    case 'account':
      return [words.accountLevel[fact.measured.level]];
    default:
      return fact satisfies never;
  }
}

/** Nearer than it can be told, it is right. */
function overlayInWords({ offsetSeconds, uncertaintySeconds }: OverlayClock, words: Messages): string {
  return clockInWords(Math.abs(offsetSeconds) <= uncertaintySeconds ? 0 : offsetSeconds, words);
}

function clockInWords(offsetSeconds: number, words: Messages): string {
  const off = Math.abs(offsetSeconds);
  if (off < clockFineSeconds) return words.clockRight(off);
  const span = off < clockCoarseSeconds ? words.seconds(Math.round(off)) : spanInWords(off * 1000, words);
  return offsetSeconds > 0 ? words.clockAhead(span) : words.clockBehind(span);
}
