import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { footageOf } from './footage.ts';
import { type Media, prepareMedia } from './media.ts';
import { ask, type SoapReply, usernameToken } from './onvif/soap-client.ts';
import { descendants, type Element, textAt } from './onvif/xml.ts';
import { createRecorder, type RecorderOptions, type SimulatedRecorder } from './recorder.ts';

const account = { username: 'admin', password: 'simulator' };
const gaps = [{ daysAgo: 12, from: '11:30', to: '13:00' }, { daysAgo: 40 }];
const dayMs = 86_400_000;

let media: Media;
let recorder: SimulatedRecorder;
let now = 0;

beforeAll(async () => {
  media = await prepareMedia();
});
afterEach(() => recorder.close());

async function start(options: Partial<RecorderOptions> = {}): Promise<void> {
  now = Date.parse('2026-11-23T04:00:00Z');
  const channels = [
    { name: '制餐区', days: 92, gaps },
    { name: '就餐区', days: 30 },
  ];
  recorder = await createRecorder({ media, ...account, channels, now: () => now, ...options });
}

function signed(action: string): Promise<SoapReply> {
  return ask(recorder.onvifUrl, action, { header: usernameToken(account, now) });
}

interface Search {
  from?: number;
  to?: number;
  topic?: string;
  startState?: boolean;
  recording?: string;
  keepAlive?: string;
}

async function findEvents(search: Search = {}): Promise<SoapReply> {
  const {
    from = now - 90 * dayMs,
    to = now,
    topic = 'Track/State',
    startState = true,
    recording = 'Recording_1',
    keepAlive = 'PT10S',
  } = search;
  return signed(`<tse:FindEvents><tse:StartPoint>${new Date(from).toISOString()}</tse:StartPoint><tse:EndPoint>${new Date(to).toISOString()}</tse:EndPoint>
    <tse:Scope><tt:IncludedRecordings>${recording}</tt:IncludedRecordings></tse:Scope>
    <tse:SearchFilter><wsnt:TopicExpression Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:RecordingHistory/${topic}</wsnt:TopicExpression></tse:SearchFilter>
    <tse:IncludeStartState>${startState}</tse:IncludeStartState><tse:KeepAliveTime>${keepAlive}</tse:KeepAliveTime></tse:FindEvents>`);
}

const results = (token: string | undefined, max = 100) =>
  signed(
    `<tse:GetEventSearchResults><tse:SearchToken>${token}</tse:SearchToken><tse:MaxResults>${max}</tse:MaxResults></tse:GetEventSearchResults>`,
  );

/** `2026-11-11T03:30:00.000Z false`, with a star before a virtual start state. */
function eventsIn({ body }: SoapReply): string[] {
  return (body === undefined ? [] : descendants(body, 'Result')).map((result) => {
    const value = descendants(result, 'Data')
      .flatMap(({ children }) => children)[0]
      ?.attributes.get('Value');
    return `${textAt(result, 'StartStateEvent') === 'true' ? '*' : ''}${textAt(result, 'Time')} ${value}`;
  });
}

async function allEvents(search: Search = {}): Promise<string[]> {
  const { all } = await findEvents(search);
  return eventsIn(await results(all('SearchToken')[0]));
}

describe('what a simulated recorder holds', () => {
  it('is summed up for the whole device, the oldest recording making it look good', async () => {
    await start();
    const { all } = await signed('<tse:GetRecordingSummary/>');
    expect([all('DataFrom'), all('DataUntil'), all('NumberRecordings')]).toEqual([
      ['2026-08-22T16:00:00.000Z'],
      ['2026-11-23T04:00:00.000Z'],
      ['2'],
    ]);
  });

  it('is told for each recording with its source, its ends and its state', async () => {
    await start();
    const recordings = await signed('<trc:GetRecordings/>');
    expect([recordings.all('RecordingToken'), recordings.all('Content')]).toEqual([recorder.recordings, ['制餐区', '就餐区']]);
    const jobs = await signed('<trc:GetRecordingJobs/>');
    expect([jobs.all('Token'), jobs.all('Mode')]).toEqual([
      ['Channel_1', 'Channel_2'],
      ['Active', 'Active'],
    ]);
    const find = await signed('<tse:FindRecordings><tse:Scope/><tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindRecordings>');
    const found = await signed(
      `<tse:GetRecordingSearchResults><tse:SearchToken>${find.all('SearchToken')[0]}</tse:SearchToken></tse:GetRecordingSearchResults>`,
    );
    expect([found.all('SearchState'), found.all('EarliestRecording'), found.all('RecordingStatus')]).toEqual([
      ['Completed'],
      ['2026-08-22T16:00:00.000Z', '2026-10-23T16:00:00.000Z'],
      ['Recording', 'Recording'],
    ]);
  });

  it('is told edge by edge, exactly as it was recorded', async () => {
    await start();
    expect(await allEvents()).toEqual([
      '*2026-08-25T04:00:00.000Z true',
      '2026-10-13T16:00:00.000Z false',
      '2026-10-14T16:00:00.000Z true',
      '2026-11-11T03:30:00.000Z false',
      '2026-11-11T05:00:00.000Z true',
    ]);
    const [first] = footageOf({ days: 92, gaps, utcOffsetMinutes: 480, now });
    expect(await allEvents({ from: now - 100 * dayMs, to: now - 90 * dayMs })).toEqual([
      '*2026-08-15T04:00:00.000Z false',
      `${new Date(first?.from ?? 0).toISOString()} true`,
    ]);
  });

  it('is told backwards where the search goes backwards, with the state at both ends', async () => {
    await start();
    expect(await allEvents({ from: now, to: now - 12 * dayMs })).toEqual([
      '*2026-11-23T04:00:00.000Z true',
      '2026-11-11T05:00:00.000Z true',
      '*2026-11-11T04:00:00.000Z false',
    ]);
  });

  it('was meant to be recorded all the time, unless recording was stopped', async () => {
    await start();
    await recorder.faults.set('recording-stopped');
    now += 3_600_000;
    await recorder.faults.clear('recording-stopped');
    now += 3_600_000;
    const [stop, restart] = ['2026-11-23T04:00:00.000Z false', '2026-11-23T05:00:00.000Z true'];
    expect(await allEvents({ topic: 'Recording/State', startState: false })).toEqual([stop, restart]);
    expect((await allEvents({ startState: false })).slice(-2)).toEqual([stop, restart]);
  });

  it('is only known by its ends where the recorder keeps no more', async () => {
    await start({ history: 'ends-only' });
    expect(await allEvents({ from: now - 100 * dayMs, startState: false })).toEqual(['2026-08-22T16:00:00.000Z true']);
  });

  it.each([
    ['inside footage', '2026-11-11T03:00:00Z', ['Recording_1', 'Recording_2']],
    ['inside a hole of one recording', '2026-11-11T04:00:00Z', ['Recording_2']],
    ['before all footage', '2026-01-01T00:00:00Z', []],
  ])('has media attributes for a moment %s', async (_, time, tokens) => {
    await start();
    expect((await signed(`<tse:GetMediaAttributes><tse:Time>${time}</tse:Time></tse:GetMediaAttributes>`)).all('RecordingToken')).toEqual(
      tokens,
    );
  });

  it('is played from an address of its own for each recording', async () => {
    await start();
    const setup =
      '<trp:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></trp:StreamSetup>';
    const { all } = await signed(`<trp:GetReplayUri>${setup}<trp:RecordingToken>Recording_2</trp:RecordingToken></trp:GetReplayUri>`);
    expect(all('Uri')).toEqual([`rtsp://127.0.0.1:${recorder.rtspPort}/cam/playback?channel=2`]);
  });
});

describe('a search on a simulated recorder', () => {
  it('comes in pages, and is over with the last one', async () => {
    await start();
    const token = (await findEvents()).all('SearchToken')[0];
    const pages = [await results(token, 3), await results(token, 3), await results(token, 3)];
    expect(pages.map((page) => page.fault ?? `${eventsIn(page).length} ${page.all('SearchState')[0]}`)).toEqual([
      '3 Searching',
      '2 Completed',
      'Sender/InvalidArgVal/InvalidToken',
    ]);
  });

  it('gives no more than a page at a time, whatever is asked for', async () => {
    await start({ pageMax: 2 });
    expect(eventsIn(await results((await findEvents()).all('SearchToken')[0]))).toHaveLength(2);
  });

  it('takes one of few sessions, until it is ended or nobody asks any more', async () => {
    await start({ maxSearches: 1 });
    const token = (await findEvents()).all('SearchToken')[0];
    expect((await findEvents()).fault).toBe('Receiver/Action/ResourceProblem');
    expect((await signed(`<tse:EndSearch><tse:SearchToken>${token}</tse:SearchToken></tse:EndSearch>`)).status).toBe(200);
    const forgotten = (await findEvents({ keepAlive: 'PT5S' })).all('SearchToken')[0];
    now += 5001;
    expect((await results(forgotten)).fault).toBe('Sender/InvalidArgVal/InvalidToken');
    expect((await findEvents()).status).toBe(200);
  });

  it.each([
    ['a recording that is not there', { recording: 'Recording_9' }, 'Sender/InvalidArgVal/InvalidToken'],
    ['a time that keeps nothing alive', { keepAlive: 'soon' }, 'Sender/InvalidArgVal/InvalidArgs'],
  ])('is refused for %s', async (_, search, fault) => {
    await start();
    expect((await findEvents(search)).fault).toBe(fault);
  });
});

describe('a simulated recorder with a fault', () => {
  it('no-find-events does not know the search that tells holes', async () => {
    await start();
    await recorder.faults.set('no-find-events');
    expect((await findEvents()).fault).toBe('Receiver/ActionNotSupported');
  });

  it('busy has no search session left', async () => {
    await start();
    await recorder.faults.set('busy');
    expect((await findEvents()).fault).toBe('Receiver/Action/ResourceProblem');
  });

  it('footage-truncated gives one page and never says that this was all', async () => {
    await start();
    await recorder.faults.set('footage-truncated');
    const token = (await findEvents()).all('SearchToken')[0];
    const pages = [await results(token, 3), await results(token, 3), await results(token, 3)];
    expect(pages.map((page) => `${eventsIn(page).length} ${page.all('SearchState')[0]}`)).toEqual([
      '3 Searching',
      '0 Searching',
      '0 Searching',
    ]);
  });

  it('recording-stopped shows in the state of every recording and in what it holds', async () => {
    await start();
    await recorder.faults.set('recording-stopped');
    now += dayMs / 24;
    const { body, all } = await signed(
      '<tse:GetRecordingInformation><tse:RecordingToken>Recording_1</tse:RecordingToken></tse:GetRecordingInformation>',
    );
    expect([all('RecordingStatus'), latestIn(body)]).toEqual([['Stopped'], '2026-11-23T04:00:00.000Z']);
    expect((await signed('<trc:GetRecordingJobs/>')).all('Mode')).toEqual(['Idle', 'Idle']);
  });
});

function latestIn(body: Element | undefined): string | undefined {
  return body && descendants(body, 'LatestRecording')[0]?.text;
}
