// Takes what the server asks for, carries it out at most once, and answers through the outbox.

import { validator } from '#config/validate.ts';
import type { Command, Reply } from '#contract/commands.ts';
import { CommandMessage } from '#contract/envelope.ts';
import { parseJson } from '../json.ts';
import type { Log } from '../log.ts';
import { createTurns } from '../supervise/turns.ts';

export type Outcome = Pick<Reply, 'status' | 'detail'>;

/** What this gateway knows how to do. */
export type Abilities = Partial<Record<Command['kind'], (command: Command) => Promise<Outcome>>>;

/** Ids remembered, so that a command delivered twice is carried out once. */
const rememberedMax = 1000;
const waitingMax = 16;

const check = validator(CommandMessage);

/** The returned function never rejects. */
export function createCommands(deps: {
  abilities: Abilities;
  reply(reply: Reply): void;
  now: () => number;
  log: Log;
}): (payload: Uint8Array) => Promise<void> {
  const remembered = new Set<string>();
  const inTurn = createTurns(1);
  let waiting = 0;

  const carryOut = async (command: Command): Promise<Outcome> => {
    if (Date.parse(command.expiresAt) <= deps.now()) return { status: 'refused', detail: `the command expired at ${command.expiresAt}` };
    const ability = deps.abilities[command.kind];
    if (ability === undefined) return { status: 'unsupported', detail: `this gateway does not know "${command.kind}"` };
    if (waiting >= waitingMax) return { status: 'refused', detail: `${waitingMax} commands are waiting already` };
    waiting += 1;
    try {
      return await inTurn(() => ability(command));
    } catch (err) {
      deps.log.error({ err, command: command.id, kind: command.kind }, 'a command failed');
      return { status: 'failed', detail: 'the gateway failed; its log says why' };
    } finally {
      waiting -= 1;
    }
  };

  const answer = (command: Command, outcome: Outcome) => {
    try {
      deps.reply({ schemaVersion: 1, command: command.id, ...outcome });
    } catch (err) {
      deps.log.error({ err, command: command.id }, 'the reply to a command could not be stored');
    }
  };

  return async (payload) => {
    const checked = check(parseJson(payload));
    if (!checked.ok) {
      deps.log.warn({ problem: checked.problem }, 'a malformed command was ignored');
      return;
    }
    const command = checked.value.data;
    if (remembered.has(command.id)) return;
    remember(remembered, command.id);
    const outcome = await carryOut(command);
    deps.log.info({ command: command.id, kind: command.kind, ...outcome }, 'command answered');
    answer(command, outcome);
  };
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > rememberedMax && oldest !== undefined) ids.delete(oldest);
}
