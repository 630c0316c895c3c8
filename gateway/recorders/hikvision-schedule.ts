// Reads from a Hikvision track when it is set to record without a break; what it records on motion only leaves holes by intent.
import type { WeekPart } from '../onvif/recording.ts';
import { child, children, textOf, type XmlNode } from '../onvif/xml-node.ts';
import { dayMinutes, weekMinutes } from './week.ts';

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** Continuous; the others wait for motion or an alarm. */
const withoutBreak = 'CMR';

/** Undefined where the track does not tell, or in a way that is not understood: then nothing is laid to its schedule. */
export function readTrackWeek(track: XmlNode): WeekPart[] | undefined {
  if (textOf(track, 'Enable') === 'false') return [];
  const schedule = child(track, 'TrackSchedule');
  if (schedule === undefined) return undefined;
  // Older models leave the list out.
  const blocks = [...children(schedule, 'ScheduleBlock'), ...children(child(schedule, 'ScheduleBlockList'), 'ScheduleBlock')];
  const actions = blocks.flatMap((block) => children(block, 'ScheduleAction'));
  const parts = actions.filter(recordsWithoutBreak).map(partOf);
  return actions.length === 0 || parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function recordsWithoutBreak(action: XmlNode): boolean {
  const records = textOf(action, 'Actions', 'Record') ?? 'true';
  const mode = textOf(action, 'Actions', 'ActionRecordingMode') ?? withoutBreak;
  return records === 'true' && mode === withoutBreak;
}

/** A day ends at 24:00 or at 00:00 of the next one; a place that is not used begins and ends at the same time. */
function partOf(action: XmlNode): WeekPart[] | undefined {
  const [from, to] = ['ScheduleActionStartTime', 'ScheduleActionEndTime'].map((name) => minuteOf(child(action, name)));
  if (from === undefined || to === undefined) return undefined;
  if (from === to) return [];
  // From Sunday into Monday.
  if (to < from)
    return [
      { from, to: weekMinutes },
      { from: 0, to },
    ];
  return [{ from, to }];
}

function minuteOf(time: XmlNode | undefined): number | undefined {
  const day = days.indexOf(textOf(time, 'DayOfWeek')?.toLowerCase() ?? '');
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(textOf(time, 'TimeOfDay') ?? '') ?? [];
  if (day < 0 || hours === undefined) return undefined;
  const minute = Number(hours) * 60 + Number(minutes) + Number(seconds ?? 0) / 60;
  return minute > dayMinutes ? undefined : day * dayMinutes + minute;
}
