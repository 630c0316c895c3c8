// Puts what an inspection found into lines a person reads; pure.
import type { InspectedRecording, Inspection } from './inspection.ts';

const gapsShown = 20;

export function inspectionText(report: Inspection): string[] {
  const { device, clock, stream, snapshot } = report;
  return [
    `${report.address} at ${report.at}`,
    line(
      'device',
      device === null ? 'not told' : `${device.manufacturer} ${device.model}, firmware ${device.firmware}, serial ${device.serial}`,
    ),
    line('clock', clock === null ? 'not told' : clockText(clock)),
    line('services', Object.keys(report.services).join(', ') || 'not told'),
    ...report.profiles.map(({ name, token, via, encoding, width, height }) =>
      line('profile', `${name} (${token}, ${via}): ${encoding ?? 'encoding not told'}${width === undefined ? '' : `, ${width}x${height}`}`),
    ),
    line('stream', stream === null ? 'not seen' : streamText(stream)),
    line('snapshot', snapshot === null ? 'none' : `${snapshot.bytes} bytes`),
    ...(report.recordings.length === 0 ? [line('recording', 'none')] : report.recordings.flatMap(recordingText)),
    ...report.faults.map(({ part, fault, detail }) => line('FAULT', `${part}: ${fault}: ${detail}`)),
  ];
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(10)}${text}`;
}

function clockText({ offsetSeconds, uncertaintySeconds, utcOffsetMinutes }: NonNullable<Inspection['clock']>): string {
  const direction = offsetSeconds < 0 ? 'behind' : 'ahead';
  const zone =
    utcOffsetMinutes === undefined
      ? 'time zone not told'
      : `time zone UTC${utcOffsetMinutes < 0 ? '-' : '+'}${Math.abs(utcOffsetMinutes) / 60}`;
  return `${Math.abs(offsetSeconds).toFixed(1)} s ${direction} (± ${uncertaintySeconds.toFixed(1)} s), ${zone}`;
}

function streamText({
  codec,
  width,
  height,
  framesPerSecond,
  bitsPerSecond,
  keyframeSeconds,
  picture,
}: NonNullable<Inspection['stream']>): string {
  const measured = [
    `${codec} ${width}x${height}`,
    framesPerSecond === undefined ? undefined : `${framesPerSecond.toFixed(1)} frames/s`,
    bitsPerSecond === undefined ? undefined : `${Math.round(bitsPerSecond / 1000)} kbit/s`,
    keyframeSeconds === undefined ? undefined : `keyframe every ${keyframeSeconds.toFixed(1)} s`,
    `picture ${picture.blackPercent.toFixed(0)} % black, mean luma ${picture.meanLuma.toFixed(0)}`,
  ];
  return measured.filter((each) => each !== undefined).join(', ');
}

function recordingText({ recording, camera, method, complete, oldest, newest, days, gaps, gapCount }: InspectedRecording): string[] {
  const whole = days.filter((day) => day.expectedSeconds > 0 && day.recordedSeconds >= day.expectedSeconds).length;
  const ends = oldest === undefined ? 'nothing kept' : `${oldest} to ${newest}`;
  const proof = complete ? '' : '; the recorder did not tell everything, so this proves nothing';
  return [
    line(
      'recording',
      `${recording}${camera === undefined ? '' : ` of ${camera}`} (${method}): ${ends}, ${whole} of ${days.length} days whole, ${gapCount === 1 ? '1 gap' : `${gapCount} gaps`}${proof}`,
    ),
    ...gaps.slice(0, gapsShown).map(({ from, to }) => line('  gap', `${from} to ${to}`)),
    ...(gapCount > gapsShown ? [line('  gap', `and ${gapCount - gapsShown} more`)] : []),
  ];
}
