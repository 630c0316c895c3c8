// The dictionary of the pages for signing in, one's own account and people, in the language now.
import { accountPagesEn } from './account-pages-en.ts';
import { accountPagesZh } from './account-pages-zh-CN.ts';
import { currentLanguage } from './language.svelte.ts';
import { refusalInWords } from './refusal-in-words.ts';

export function accountMessages(): typeof accountPagesZh {
  return currentLanguage() === 'zh-CN' ? accountPagesZh : accountPagesEn;
}

/** What was wrong, in the words of these pages as far as they have any. */
export function troubleInWords(error: unknown): string {
  const { trouble, passwordRule } = accountMessages();
  return refusalInWords(error, { ...trouble, 'weak-password': passwordRule });
}
