// Which language the page speaks: kept on this machine, told to the browser by <html lang>, changed without a reload.
import type { Text } from '#contract/text.ts';
import { en } from './en.ts';
import { type Language, type Messages, zhCN } from './zh-CN.ts';

const dictionaries: Record<Language, Messages> = { 'zh-CN': zhCN, en };
const storageKey = 'mingzao-language';

let language = $state<Language>(remembered());
document.documentElement.lang = currentLanguage();

/** The language now; reading it in a component makes the component follow it. */
export function currentLanguage(): Language {
  return language;
}

/** The dictionary of the language now. */
export function messages(): Messages {
  return dictionaries[language];
}

/** The half of a bilingual sentence that is to be read now. */
export function inWords(text: Text): string {
  return language === 'zh-CN' ? text.zh : text.en;
}

export function otherLanguage(): Language {
  return language === 'zh-CN' ? 'en' : 'zh-CN';
}

export function switchLanguage(): void {
  language = otherLanguage();
  document.documentElement.lang = language;
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // A browser may forbid storage; the choice then lasts as long as the page.
  }
}

function remembered(): Language {
  try {
    return localStorage.getItem(storageKey) === 'en' ? 'en' : 'zh-CN';
  } catch {
    return 'zh-CN';
  }
}
