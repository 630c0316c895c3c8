// The ONVIF Replay service: where recorded video is played from.
import type { Faults } from '../faults.ts';
import { namespaces } from './namespaces.ts';
import { type Recording, recordingAsked } from './recordings.ts';
import type { Asked, Service } from './service.ts';
import { argument, SoapFault } from './soap.ts';
import { type Xml, xml } from './xml.ts';

export interface ReplayOptions {
  recordings: readonly Recording[];
  faults: Faults;
  streamUrl(asked: Asked, path: string): string;
}

export function replayService({ recordings, faults, streamUrl }: ReplayOptions): Service {
  return {
    namespace: namespaces.trp,
    path: '/onvif/replay_service',
    version: { major: 21, minor: 6 },
    present: () => !faults.has('no-replay'),
    capabilities: () => capabilities,
    open: ['GetServiceCapabilities'],
    actions: {
      GetServiceCapabilities: () => xml`<trp:GetServiceCapabilitiesResponse>${capabilities}</trp:GetServiceCapabilitiesResponse>`,
      GetReplayConfiguration: () =>
        xml`<trp:GetReplayConfigurationResponse><trp:Configuration><tt:SessionTimeout>PT60S</tt:SessionTimeout></trp:Configuration></trp:GetReplayConfigurationResponse>`,
      GetReplayUri: (asked) => {
        const { replayPath } = recordingAsked(recordings, argument(asked.action, 'RecordingToken'));
        if (faults.has('no-stream')) throw new SoapFault('Receiver', ['Action'], 'The recording cannot be streamed.');
        return xml`<trp:GetReplayUriResponse><trp:Uri>${streamUrl(asked, replayPath)}</trp:Uri></trp:GetReplayUriResponse>`;
      },
    },
  };
}

const capabilities: Xml = xml`<trp:Capabilities ReversePlayback="false" SessionTimeoutRange="10 60" RTP_RTSP_TCP="true"/>`;
