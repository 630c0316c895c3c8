// Passwords as argon2id hashes; a few at a time, because each takes memory and a core by design.
import { hash, verify } from '@node-rs/argon2';
import { ServerError } from '../errors.ts';

export interface PasswordHash {
  /** Throws ServerError `overloaded`. */
  make(password: string): Promise<string>;
  /** `undefined`, where there is no such person, takes as long as any other and is never right. Throws ServerError `overloaded`. */
  matches(password: string, stored: string | undefined): Promise<boolean>;
}

/** `memoryCost` in KiB. */
export interface HashCost {
  memoryCost: number;
  timeCost: number;
}

/** What OWASP asks of argon2id at least: 19 MiB, two passes, one lane. */
const usualCost: HashCost = { memoryCost: 19_456, timeCost: 2 };

const atOnce = 2;
const waitingMax = 20;

export function createPasswordHash(cost: HashCost = usualCost): PasswordHash {
  const options = { ...cost, parallelism: 1 };
  const inTurn = createTurns();
  // Made when first needed: whoever asks for a name that is not there waits no shorter than for one that is.
  let nobodys: Promise<string> | undefined;
  return {
    make: (password) => inTurn(() => hash(normal(password), options)),
    matches: (password, stored) =>
      inTurn(async () => {
        nobodys ??= hash('nobody’s', options);
        const right = await verify(stored ?? (await nobodys), normal(password));
        return right && stored !== undefined;
      }),
  };
}

/** The same password, however a keyboard composes its letters. */
function normal(password: string): string {
  return password.normalize('NFKC');
}

function createTurns(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (waiting.length >= waitingMax)
      throw new ServerError('overloaded', 'too many people are signing in at this moment; try again in a few seconds');
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
