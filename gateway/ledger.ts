// The retention ledger of this gateway with what explains its holes: the journal of what was seen to happen, and the causes found in it.
import { join } from 'node:path';
import type { Settings } from './config.ts';
import { createCauses } from './ledger/causes.ts';
import { createJournal, type Journal } from './ledger/journal.ts';
import { createLedger, type Ledger } from './ledger/ledger.ts';
import type { Log } from './log.ts';

/** Recorders and the own recording are in the same one. Throws GatewayError `store-unusable`. */
export function createLedgerOf(
  { dataDir, recorders, recording }: Pick<Settings, 'dataDir' | 'recorders' | 'recording'>,
  { now, log }: { now: () => number; log: Log },
): { ledger: Ledger; journal: Journal } {
  const ids = new Set(recorders.map(({ id }) => id));
  const journal = createJournal({ file: join(dataDir, 'journal.json'), recorders: ids, own: recording?.id, log });
  const daysMax = new Map(recording?.maxDays === undefined ? [] : [[recording.id, recording.maxDays]]);
  const causeOf = createCauses({ journal, daysMax, now });
  return { journal, ledger: createLedger({ folder: join(dataDir, 'ledger'), causeOf, now, log }) };
}
