// What was wrong with a request to the server, in words for whoever reads the page.
import { Refused } from '../api/ask.ts';
import { messages } from './language.svelte.ts';

/** In the page's own words by the code of the refusal, else in the server's sentence; a browser's own message is for nobody. */
export function refusalInWords(error: unknown, words: Record<string, string> = {}): string {
  if (!(error instanceof Refused)) return messages().noAnswer;
  return words[error.code] ?? error.message;
}
