// ONVIF's replay service: where a recording is played back from.
import { DeviceError, printable } from './device-error.ts';
import { xml } from './markup.ts';
import { orNoStream, streamSetup } from './media.ts';
import type { OnvifSession } from './session.ts';
import { textOf } from './xml-node.ts';

/**
 * The RTSP address of a recording, as it can be reached from here, without a password. Throws DeviceError: `not-supported` where the
 * device offers no replay, `no-stream` where it does and gives no address for this recording.
 */
export async function readReplayAddress(session: OnvifSession, recording: string, { signal }: { signal: AbortSignal }): Promise<URL> {
  const content = xml`${streamSetup}<RecordingToken>${recording}</RecordingToken>`;
  const response = await session.call({ service: 'replay', action: 'GetReplayUri', content }, { signal }).catch(orNoStream);
  const address = URL.parse(session.streamAddress(textOf(response, 'Uri') ?? '') ?? '');
  if (address !== null) return address;
  throw new DeviceError('no-stream', `the recorder gives no RTSP address to play its recording ${printable(recording, 60)}`);
}
