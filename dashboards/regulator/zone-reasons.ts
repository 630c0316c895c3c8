// Why zones are not in order, each reason once with all the zones it holds for.
import type { Text } from '#contract/text.ts';
import type { ZoneView } from '#contract/views.ts';
import type { Messages } from '../i18n/zh-CN.ts';

/** Sentences such as 「就餐区、清洁区：数据已过期，无法判断」; none for zones that are in order. */
export function zoneReasons(zones: ZoneView[], { words, inWords }: { words: Messages; inWords: (text: Text) => string }): string[] {
  const reasonOf = ({ outcome, reason }: ZoneView) => {
    if (reason !== undefined) return inWords(reason);
    return outcome === 'unknown' ? words.stale : words.outcome[outcome];
  };
  const wrong = zones.filter((zone) => zone.outcome !== 'ok');
  return [...Map.groupBy(wrong, reasonOf)].map(
    ([reason, sharing]) => `${sharing.map((zone) => words.zone[zone.kind]).join(words.list)}${words.colon}${reason}`,
  );
}
