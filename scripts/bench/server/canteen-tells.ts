// What the gateway of a large canteen sends: its messages, numbered and batched as the real gateway does.
import { topic } from '#contract/topics.ts';
import { cameras, everything, footage, instant, layoutJson, looks, recorder, type Template, templatesOf } from './canteen-facts.ts';

export interface Told {
  topic: string;
  payload: string;
  facts: number;
  /** The last event in it; undefined where nothing has to be stored for good. */
  sequence?: number;
  /** The camera that was not as before, where one was. */
  changed?: { device: string; outcome: 'ok' | 'fault' };
}

export interface CanteenTells {
  status(now: number, online?: boolean): Told;
  heartbeat(now: number): Told;
  /** The layout and every check: what a gateway that connects sends first. */
  present(now: number): Told[];
  /** One look at one device and nothing new, save for one in `changeEvery`, where a camera is lost or comes back. */
  look(now: number): Told;
  /** What has gathered while the message before was on its way: looks like these, until they are `facts` or one more. */
  gathered(about: { now: number; facts: number }): Told;
  /** A batch of the backlog, `events` long: looks from `from` on, seconds apart. */
  backlog(about: { from: number; events: number; stepMs: number }): Told;
}

const changeEvery = 100;
/** Two hours of a canteen are some 3,500 messages. */
const footageEvery = 3500;

/** `random`, from 0 to 1, says where among its cameras the canteen begins. */
export function createCanteenTells(canteen: string, random: () => number): CanteenTells {
  const epoch = Math.floor(random() * 2 ** 40).toString(16);
  const source = `/canteens/${canteen}/gateway`;
  const [eventsTopic, statusTopic, heartbeatTopic] = [topic(canteen, 'events'), topic(canteen, 'status'), topic(canteen, 'heartbeat')];
  const session = `session-${epoch}`;
  let sequence = 0;
  let turn = Math.floor(random() * looks.length);
  let untilChange = Math.ceil(random() * changeEvery);
  let untilFootage = Math.ceil(random() * footageEvery);
  let lost: string | undefined;

  const event = (type: string, at: string, data: string) => {
    sequence += 1;
    return (
      `{"specversion":"1.0","id":"${epoch}/${sequence}","source":"${source}","type":"cn.mingzao.${type}.v1","time":"${at}",` +
      `"datacontenttype":"application/json","data":${data},"epoch":"${epoch}","sequence":${sequence}}`
    );
  };
  const fact = (template: Template, now: number) => event('fact', instant(now), template(now));
  const told = (events: string[]): Told => ({ topic: eventsTopic, payload: `[${events.join(',')}]`, facts: events.length, sequence });
  const message = (to: string, type: string, now: number, data: object): Told => {
    const about = { specversion: '1.0', id: `${session}/${now}`, source, type: `cn.mingzao.${type}.v1`, time: instant(now) };
    return { topic: to, payload: JSON.stringify({ ...about, datacontenttype: 'application/json', data }), facts: 0 };
  };

  const change = (now: number): Seen => {
    const device = lost ?? cameras[Math.floor(random() * cameras.length)] ?? '';
    lost = lost === undefined ? device : undefined;
    const changed = { device, outcome: lost === undefined ? ('ok' as const) : ('fault' as const) };
    const templates = templatesOf(device);
    return { facts: [fact(lost === undefined ? templates.reachable : templates.lost, now)], changed };
  };

  const nextLook = (): Template[] => {
    turn = (turn + 1) % looks.length;
    const { device, templates } = looks[turn] ?? { device: '', templates: [] };
    return device === lost ? nextLook() : templates;
  };

  const see = (now: number): Seen => {
    untilChange -= 1;
    untilFootage -= 1;
    if (untilChange <= 0) {
      untilChange = changeEvery;
      return change(now);
    }
    if (untilFootage <= 0) {
      untilFootage = footageEvery;
      return { facts: [fact(footage(now), now)] };
    }
    return { facts: nextLook().map((template) => fact(template, now)) };
  };

  return {
    status: (now, online = true) =>
      message(statusTopic, 'status', now, { schemaVersion: 1, online, session, since: instant(now), version: '0.1.0' }),
    heartbeat: (now) =>
      message(heartbeatTopic, 'heartbeat', now, {
        ...{ schemaVersion: 1, session, at: instant(now), uptimeSeconds: 3600, memoryBytes: 84_000_000 },
        ...{ outbox: { waiting: 0, dropped: 0 }, evidence: { waiting: 0, dropped: 0 } },
        devices: [...cameras, recorder].map((id) => ({ id, reachable: id === lost ? 'fault' : 'ok', seenAt: instant(now) })),
      }),
    present: (now) => {
      lost = undefined;
      const layout = told([event('layout', instant(now), layoutJson)]);
      return [layout, told(everything.map((template) => fact(template, now))), told([fact(footage(now), now)])];
    },
    look: (now) => {
      const { facts, changed } = see(now);
      return { ...told(facts), ...(changed && { changed }) };
    },
    gathered: ({ now, facts }) => {
      const gathered: string[] = [];
      while (gathered.length < facts) gathered.push(...see(now).facts);
      return told(gathered);
    },
    backlog: ({ from, events, stepMs }) => {
      const templates: Template[] = [];
      while (templates.length < events) templates.push(...nextLook());
      // No more than are sent are numbered: a sequence left out would be waited for.
      return told(templates.slice(0, events).map((template, index) => fact(template, from + index * stepMs)));
    },
  };
}

/** One look: the events it makes. */
interface Seen {
  facts: string[];
  changed?: Told['changed'] & object;
}
