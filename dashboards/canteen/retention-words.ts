// Where the footage of a camera that is not proven yet leads, in a sentence.
import type { RetentionView } from '#contract/views.ts';
import { dayOf, dayStart } from '../i18n/times.ts';
import type { Language, Messages } from '../i18n/zh-CN.ts';

/** Nothing where the calendar says it all. */
export function outlookInWords(view: RetentionView, { words, language }: { words: Messages; language: Language }): string | undefined {
  const { state, unbrokenDays, requiredDays, reachesOn, holdsDays } = view;
  if (state === 'on-course' && reachesOn !== undefined)
    return words.retentionReaches(unbrokenDays, dayOf(new Date(dayStart(reachesOn)), language), requiredDays);
  if (state !== 'will-fall-short' || holdsDays === undefined) return undefined;
  return words.retentionHolds(Math.floor(holdsDays), requiredDays);
}
