// The dictionary of the page of gateways, in the language now.
import { gatewaysPageEn } from './gateways-page-en.ts';
import { gatewaysPageZh } from './gateways-page-zh-CN.ts';
import { currentLanguage } from './language.svelte.ts';

export function gatewaysMessages(): typeof gatewaysPageZh {
  return currentLanguage() === 'zh-CN' ? gatewaysPageZh : gatewaysPageEn;
}
