// The dictionary of the pages for signing in, one's own account and people, in the language now.
import { Refused } from '../api/ask.ts';
import { accountPagesEn } from './account-pages-en.ts';
import { accountPagesZh } from './account-pages-zh-CN.ts';
import { currentLanguage } from './language.svelte.ts';

export function accountMessages(): typeof accountPagesZh {
  return currentLanguage() === 'zh-CN' ? accountPagesZh : accountPagesEn;
}

/** What was wrong, in the words of the page, or in the server's sentence where the page has none. */
export function troubleInWords(error: unknown): string {
  const words = accountMessages();
  if (!(error instanceof Refused)) return words.unreachable;
  if (error.code === 'weak-password') return words.passwordRule;
  return words.trouble[error.code] ?? error.message;
}
