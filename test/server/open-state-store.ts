// Opens a state store as a server does that is alone with it.
import { openDatabase } from '../../server/stores/database.ts';
import { type StateStore, stateStore } from '../../server/stores/state-store.ts';

export async function openStateStore(url: string, password?: string): Promise<StateStore> {
  return stateStore(await openDatabase(url, password));
}
