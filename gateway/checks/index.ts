// Every check there is, by the observation it judges: a new one is a file and a name in this list.
import type { Fact } from '#contract/facts.ts';
import type {
  AccountObservation,
  ContactObservation,
  EventsObservation,
  FootageObservation,
  IdentityObservation,
  Observation,
  PictureObservation,
  PlaybackObservation,
  StorageObservation,
  StreamObservation,
} from '../observation.ts';
import { account } from './account.ts';
import { clock } from './clock.ts';
import { footage } from './footage.ts';
import { identity } from './identity.ts';
import { inputs } from './inputs.ts';
import { picture } from './picture.ts';
import { playback } from './playback.ts';
import { reachable } from './reachable.ts';
import { storage } from './storage.ts';
import { stream } from './stream.ts';
import { tamper } from './tamper.ts';

type Check<Seen extends Observation> = (observation: Seen, validForMs: number) => Fact;

const contact: Check<ContactObservation>[] = [reachable, clock];
const identities: Check<IdentityObservation>[] = [identity];
const accounts: Check<AccountObservation>[] = [account];
const streams: Check<StreamObservation>[] = [stream];
const pictures: Check<PictureObservation>[] = [picture];
const footages: Check<FootageObservation>[] = [footage];
const storages: Check<StorageObservation>[] = [storage];
const playbacks: Check<PlaybackObservation>[] = [playback];
const events: Check<EventsObservation>[] = [tamper, inputs];

/** What an observation comes to: one fact of each check that judges it, to be believed for `validForMs` after it was made. Pure. */
export function judge(observation: Observation, validForMs: number): Fact[] {
  switch (observation.kind) {
    case 'contact':
      return contact.map((check) => check(observation, validForMs));
    case 'identity':
      return identities.map((check) => check(observation, validForMs));
    case 'account':
      return accounts.map((check) => check(observation, validForMs));
    case 'stream':
      return streams.map((check) => check(observation, validForMs));
    case 'picture':
      return pictures.map((check) => check(observation, validForMs));
    case 'footage':
      return footages.map((check) => check(observation, validForMs));
    case 'storage':
      return storages.map((check) => check(observation, validForMs));
    case 'playback':
      return playbacks.map((check) => check(observation, validForMs));
    case 'events':
      return events.map((check) => check(observation, validForMs));
  }
}
