// What a command of the gateway's command line is given to speak and to stop by.

export interface CommandIo {
  stdout: (line: string) => void;
  stderr: (line: string) => void;
  signal: AbortSignal;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Exit codes: the command did what it was asked to; it could not. */
export const done = 0;
export const couldNot = 2;

/** What was wrong with the words of a command. Node's parser goes on to advise what nobody here means. */
export function wrongWords(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.split('. To specify')[0] ?? message;
}

/** Writes one sentence and gives the exit code that goes with it. */
export function refuse(io: CommandIo, sentence: string): number {
  io.stderr(sentence);
  return couldNot;
}
