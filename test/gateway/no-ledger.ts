// A retention ledger for tests in which no recorder is asked.
import type { Ledger } from '../../gateway/ledger/ledger.ts';

export const noLedger: Pick<Ledger, 'read' | 'played'> = {
  read: () => Promise.reject(new Error('nothing is asked')),
  played: () => undefined,
};
