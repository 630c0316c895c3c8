// `claim-code`: makes a claim code on the server's own machine, for whoever has no browser at hand. The server may be at work.
import { userInfo } from 'node:os';
import { ServerError } from '../errors.ts';
import type { EnrolmentStore } from '../stores/enrolment-store.ts';
import { openAuthority } from './authority.ts';
import { makeClaimCode } from './claim-codes.ts';

const minutes = 30;

/** Says the code, alone on its line, then what to type at the gateway. Throws ServerError. */
export async function tellClaimCode(
  canteen: string,
  deps: {
    store: EnrolmentStore;
    /** Ids of the canteens of the settings. */
    settled: string[];
    authorityFolder: string;
    say: (line: string) => void;
    now: () => number;
  },
): Promise<void> {
  const { store, settled, authorityFolder, say, now } = deps;
  const known = [...settled, ...(await store.canteens()).map(({ id }) => id)];
  if (!known.includes(canteen))
    throw new ServerError('not-found', `there is no canteen "${canteen}"; known: ${known.join(', ') || 'none'}`);
  const authority = await openAuthority({ folder: authorityFolder, now });
  const by = { who: 'command line', from: userInfo().username };
  const { code, expiresAt } = await makeClaimCode({ store, authority, now }, { canteen, minutes, by });
  say(code);
  say(`It works once, until ${expiresAt}. At the gateway, with the address it reaches this server by:`);
  say(`npm run gateway -- enrol --server https://… --code ${code} --fingerprint ${authority.fingerprint} --config config/gateway.yaml`);
}
