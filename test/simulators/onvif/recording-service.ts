// The ONVIF Recording Control service: which recordings there are, and what is recorded into them.
import { namespaces } from './namespaces.ts';
import { type Recording, recordingAsked, sourceInformation, trackToken } from './recordings.ts';
import type { Service } from './service.ts';
import { argument, invalidArgument } from './soap.ts';
import { type Xml, xml } from './xml.ts';

export function recordingService(recordings: readonly Recording[], { retentionDays }: { retentionDays: number }): Service {
  const jobAsked = (token: string) => {
    const recording = recordings.find((one) => jobToken(one) === token);
    if (recording === undefined) throw invalidArgument('BadJobToken', `There is no recording job "${token}".`);
    return recording;
  };
  return {
    namespace: namespaces.trc,
    path: '/onvif/recording_service',
    version: { major: 21, minor: 6 },
    capabilities: () => capabilities(recordings),
    open: ['GetServiceCapabilities'],
    actions: {
      GetServiceCapabilities: () =>
        xml`<trc:GetServiceCapabilitiesResponse>${capabilities(recordings)}</trc:GetServiceCapabilitiesResponse>`,
      GetRecordings: () =>
        xml`<trc:GetRecordingsResponse>${recordings.map(
          (recording) => xml`<trc:RecordingItem><tt:RecordingToken>${recording.token}</tt:RecordingToken>
          <tt:Configuration>${configuration(recording, retentionDays)}</tt:Configuration>
          <tt:Tracks><tt:Track><tt:TrackToken>${trackToken}</tt:TrackToken><tt:Configuration>${track}</tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>`,
        )}</trc:GetRecordingsResponse>`,
      GetRecordingConfiguration: ({ action }) => {
        const recording = recordingAsked(recordings, argument(action, 'RecordingToken'));
        return xml`<trc:GetRecordingConfigurationResponse><trc:RecordingConfiguration>${configuration(recording, retentionDays)}</trc:RecordingConfiguration></trc:GetRecordingConfigurationResponse>`;
      },
      GetTrackConfiguration: ({ action }) => {
        recordingAsked(recordings, argument(action, 'RecordingToken'));
        if (argument(action, 'TrackToken') !== trackToken) throw invalidArgument('NoTrack', 'There is no such track.');
        return xml`<trc:GetTrackConfigurationResponse><trc:TrackConfiguration>${track}</trc:TrackConfiguration></trc:GetTrackConfigurationResponse>`;
      },
      GetRecordingOptions: ({ action }) => {
        recordingAsked(recordings, argument(action, 'RecordingToken'));
        return xml`<trc:GetRecordingOptionsResponse><trc:Options><trc:Job Spare="0"/>
          <trc:Track SpareTotal="0" SpareVideo="0" SpareAudio="0" SpareMetadata="0"/></trc:Options></trc:GetRecordingOptionsResponse>`;
      },
      GetRecordingJobs: () =>
        xml`<trc:GetRecordingJobsResponse>${recordings.map(
          (recording) => xml`<trc:JobItem><tt:JobToken>${jobToken(recording)}</tt:JobToken>
          <tt:JobConfiguration>${job(recording)}</tt:JobConfiguration></trc:JobItem>`,
        )}</trc:GetRecordingJobsResponse>`,
      GetRecordingJobConfiguration: ({ action }) => {
        const recording = jobAsked(argument(action, 'JobToken'));
        return xml`<trc:GetRecordingJobConfigurationResponse><trc:JobConfiguration>${job(recording)}</trc:JobConfiguration></trc:GetRecordingJobConfigurationResponse>`;
      },
      GetRecordingJobState: ({ action }) => {
        const recording = jobAsked(argument(action, 'JobToken'));
        return xml`<trc:GetRecordingJobStateResponse><trc:State><tt:RecordingToken>${recording.token}</tt:RecordingToken>
          <tt:State>${recording.log.recording() ? 'Active' : 'Idle'}</tt:State></trc:State></trc:GetRecordingJobStateResponse>`;
      },
    },
  };
}

function jobToken({ token }: Recording): string {
  return `${token}_Job`;
}

/** A MaximumRetentionTime of 0 says that nothing is deleted for its age; what is kept depends on the disk. */
function configuration(recording: Recording, retentionDays: number): Xml {
  return xml`<tt:Source>${sourceInformation(recording)}</tt:Source><tt:Content>${recording.channel.name}</tt:Content>
    <tt:MaximumRetentionTime>${retentionDays === 0 ? 'PT0S' : `P${retentionDays}D`}</tt:MaximumRetentionTime>`;
}

const track = xml`<tt:TrackType>Video</tt:TrackType><tt:Description>Video</tt:Description>`;

function job({ token, channel, log }: Recording): Xml {
  return xml`<tt:RecordingToken>${token}</tt:RecordingToken><tt:Mode>${log.recording() ? 'Active' : 'Idle'}</tt:Mode><tt:Priority>1</tt:Priority>
    <tt:Source><tt:SourceToken Type="http://www.onvif.org/ver10/schema/Profile"><tt:Token>${channel.profile}</tt:Token></tt:SourceToken>
    <tt:Tracks><tt:SourceTag>Video</tt:SourceTag><tt:Destination>${trackToken}</tt:Destination></tt:Tracks></tt:Source>`;
}

function capabilities(recordings: readonly Recording[]): Xml {
  return xml`<trc:Capabilities DynamicRecordings="false" DynamicTracks="false" Encoding="H264 H265" MaxRecordings="${recordings.length}"
    MaxRecordingJobs="${recordings.length}" Options="true" MetadataRecording="false"/>`;
}
