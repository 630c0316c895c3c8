// What can go wrong with a simulated device, by name, and the switches for it. What a fault does is written where it acts.

const both = ['camera', 'recorder'] as const;
const camera = ['camera'] as const;
const recorder = ['recorder'] as const;

/** Every fault: which kinds of device can have it, what it does, and, where it has a size, that size in seconds unless another is given. */
export const faultList = {
  unplugged: { kinds: both, does: 'Nothing listens at the device’s ports: connections are refused.' },
  silent: { kinds: both, does: 'The device accepts connections over HTTP and never answers.' },
  'slow-drip': { kinds: both, does: 'Answers over HTTP come at one byte a second.' },
  huge: { kinds: both, does: 'Answers over HTTP never end.' },
  truncated: { kinds: both, does: 'The connection is cut in the middle of each HTTP answer.' },
  malformed: { kinds: both, does: 'SOAP answers are not well-formed XML.' },
  redirect: { kinds: both, does: 'Every HTTP request is answered with a redirection.' },
  'http-500': { kinds: both, does: 'Every HTTP request is answered with a bare status 500.' },
  black: { kinds: camera, does: 'The picture is black, as from a covered lens.' },
  frozen: { kinds: camera, does: 'The stream goes on but its picture stands still.' },
  covered: { kinds: camera, does: 'Something grey stands before the lens.' },
  moved: { kinds: camera, does: 'The camera was turned: it shows another part of its surroundings.' },
  blurred: { kinds: camera, does: 'The picture is out of focus.' },
  'colour-cast': { kinds: camera, does: 'The picture is tinted.' },
  'overlay-clock': { kinds: camera, does: 'Written into the picture is a clock that says noon, whatever the time.' },
  'below-standard': { kinds: camera, does: 'The main stream has 1280×720 pixels.' },
  'half-rate': { kinds: camera, does: 'Only every second picture is sent, of those the encoder is set to.' },
  stalled: { kinds: both, does: 'The stream opens over RTSP and then no packets come.' },
  'stalls-midway': { kinds: camera, does: 'A second after a stream has begun no more packets come, and the connection stays open.' },
  'cut-midway': { kinds: camera, does: 'A second after a stream has begun its connection is cut.' },
  'late-keyframe': { kinds: camera, does: 'The main stream begins right after a keyframe, and the next comes 4 s later.' },
  'timestamps-jump': { kinds: camera, does: 'Pictures are stamped with times that repeat, and leap by an hour every second.' },
  'no-stream': { kinds: both, does: 'The device gives no stream address.' },
  'clock-ahead': { kinds: both, does: 'The device’s clock is ahead, by 120 s unless told otherwise.', seconds: 120 },
  'time-zone': { kinds: both, does: 'The device takes its local time for UTC.' },
  locked: { kinds: both, does: 'The account is locked, as after too many wrong passwords.' },
  'wrong-password': { kinds: both, does: 'The device’s password is no longer the one it was.' },
  'no-rate-control': { kinds: camera, does: 'Encoder configurations come without RateControl.' },
  'wrong-xaddr': { kinds: both, does: 'Every address the device names is on 192.0.2.1, where nothing is.' },
  'two-xaddrs': { kinds: both, does: 'Discovery names two addresses, an IPv6 link-local one first.' },
  'two-matches': { kinds: both, does: 'Discovery answers for a second device in the same reply.' },
  'discovery-garbled': { kinds: both, does: 'Before each answer to discovery comes what is none: broken, hollow and hostile packets.' },
  'no-media2': { kinds: camera, does: 'The device has no Media2 service.' },
  'digest-only': { kinds: both, does: 'Only HTTP digest is accepted, no UsernameToken.' },
  'token-only': { kinds: both, does: 'SOAP calls are accepted with a UsernameToken only, not with HTTP digest.' },
  'recording-stopped': { kinds: recorder, does: 'The recorder keeps what it has and records nothing new.' },
  'short-schedule': {
    kinds: recorder,
    does: 'The recorder is set to record without a break from 07:30 to 22:00 only, as its Hikvision interface tells; what it holds stays.',
  },
  'footage-truncated': { kinds: recorder, does: 'Searches give their first page and are never completed.' },
  'no-find-events': { kinds: recorder, does: 'The recorder does not implement FindEvents.' },
  'no-replay': {
    kinds: recorder,
    does: 'The recorder has no Replay service, nor its maker’s play-back: what it lists cannot be played back.',
  },
  'no-overlay-clock': { kinds: recorder, does: 'No clock is written into the pictures that a maker’s play-back shows.' },
  'replay-elsewhere': { kinds: recorder, does: 'Whatever instant is asked for, play-back is of the newest ten minutes.' },
  'replay-garbled': { kinds: recorder, does: 'Play-back delivers pictures that no decoder can read.' },
  'disk-broken': { kinds: recorder, does: 'The recorder’s disk reports an error; only the makers’ own interfaces tell of disks.' },
  'other-serial': { kinds: both, does: 'Another device answers at this address: the serial number differs.' },
  'no-events': { kinds: camera, does: 'The device has no Event service.' },
  'no-subscription': { kinds: camera, does: 'The device refuses to create event subscriptions.' },
  'no-subscription-address': {
    kinds: camera,
    does: 'Event subscriptions come with an empty address, and are pulled from the Event service itself.',
  },
  'subscription-parameters': { kinds: camera, does: 'All event subscriptions have one address; reference parameters tell them apart.' },
  'events-silent': { kinds: camera, does: 'Questions for events are never answered.' },
  'pulls-cut': { kinds: camera, does: 'The connection of a question for events is cut, after 10 s unless told otherwise.', seconds: 10 },
  'events-forgotten': {
    kinds: camera,
    does: 'Every event subscription is forgotten, at the moment of switching and from then on, as by restarts.',
  },
  administrator: { kinds: both, does: 'The account is an administrator’s: it may delete footage, and ask who the users are.' },
  busy: { kinds: both, does: 'The device has no free session for streams, searches or event subscriptions.' },
} as const satisfies Record<string, FaultDescription>;

export interface FaultDescription {
  kinds: readonly DeviceKind[];
  does: string;
  seconds?: number;
}

export type DeviceKind = 'camera' | 'recorder';
export type FaultName = keyof typeof faultList;

export const faultNames = Object.keys(faultList).filter(isFaultName);

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faultList, name);
}

/** The faults that make sense for one kind of device. */
export function faultsOf(kind: DeviceKind): FaultName[] {
  return faultNames.filter((name) => faultList[name].kinds.some((one) => one === kind));
}

/** The switches of one device. */
export interface Faults {
  has(name: FaultName): boolean;
  /** The size of a fault that is on; 0 while it is off. */
  seconds(name: FaultName): number;
  active(): FaultName[];
  /** Resolves when the fault acts. `seconds` only counts for faults that have a size. */
  set(name: FaultName, seconds?: number): Promise<void>;
  clear(name: FaultName): Promise<void>;
  /** For the few faults that act at the moment they are switched rather than when something is asked. */
  onSwitch(name: FaultName, act: (on: boolean) => void | Promise<void>): void;
}

export function createFaults(): Faults {
  const active = new Map<FaultName, number>();
  const actions = new Map<FaultName, (on: boolean) => void | Promise<void>>();

  return {
    has: (name) => active.has(name),
    seconds: (name) => active.get(name) ?? 0,
    active: () => [...active.keys()],
    async set(name, seconds) {
      const fault: FaultDescription = faultList[name];
      const before = active.has(name);
      active.set(name, seconds ?? fault.seconds ?? 0);
      if (!before) await actions.get(name)?.(true);
    },
    async clear(name) {
      if (active.delete(name)) await actions.get(name)?.(false);
    },
    onSwitch: (name, act) => actions.set(name, act),
  };
}
