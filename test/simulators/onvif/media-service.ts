// The ONVIF Media service, version 1: it knows no H.265 and calls it H264, as real devices do.
import type { Faults } from '../faults.ts';
import { bitrateLimit, type Channel, encoderToken, sourceConfigurationToken, sourcesOf } from './channels.ts';
import { namespaces } from './namespaces.ts';
import type { Asked, Service } from './service.ts';
import { argument, invalidArgument, SoapFault } from './soap.ts';
import { tagName, type Xml, xml } from './xml.ts';

export interface MediaOptions {
  channels: readonly Channel[];
  faults: Faults;
  /** `rtsp://…` of a path, as the device names it to this asker. */
  streamUrl(asked: Asked, path: string): string;
}

export function mediaService(options: MediaOptions): Service {
  const { channels, faults } = options;
  const profile = (tag: Xml) => (channel: Channel) => profileOf(channel, tag, faults);
  const uri = (text: string) => xml`<trt:MediaUri><tt:Uri>${text}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>
    <tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>`;

  return {
    namespace: namespaces.trt,
    path: '/onvif/media_service',
    version: { major: 21, minor: 12 },
    capabilities: () => capabilities(channels),
    open: ['GetServiceCapabilities'],
    actions: {
      GetServiceCapabilities: () => xml`<trt:GetServiceCapabilitiesResponse>${capabilities(channels)}</trt:GetServiceCapabilitiesResponse>`,
      GetProfiles: () => xml`<trt:GetProfilesResponse>${channels.map(profile(tagName('trt:Profiles')))}</trt:GetProfilesResponse>`,
      GetProfile: ({ action }) =>
        xml`<trt:GetProfileResponse>${profile(tagName('trt:Profile'))(channelAsked(channels, argument(action, 'ProfileToken')))}</trt:GetProfileResponse>`,
      GetStreamUri: (asked) => {
        argument(asked.action, 'StreamSetup', 'Transport', 'Protocol');
        const url = streamAsked(options, asked);
        return xml`<trt:GetStreamUriResponse>${uri(url)}</trt:GetStreamUriResponse>`;
      },
      GetSnapshotUri: ({ action, base }) => {
        const { snapshotPath } = channelAsked(channels, argument(action, 'ProfileToken'));
        return xml`<trt:GetSnapshotUriResponse>${uri(`${base}${snapshotPath}`)}</trt:GetSnapshotUriResponse>`;
      },
      GetVideoSources: () => xml`<trt:GetVideoSourcesResponse>${sourcesOf(channels).map(videoSource)}</trt:GetVideoSourcesResponse>`,
      GetVideoSourceConfigurations: () =>
        xml`<trt:GetVideoSourceConfigurationsResponse>${sourcesOf(channels).map(
          (channel) =>
            xml`<trt:Configurations token="${sourceConfigurationToken(channel)}">${sourceConfiguration(channel)}</trt:Configurations>`,
        )}</trt:GetVideoSourceConfigurationsResponse>`,
      GetVideoEncoderConfigurations: () =>
        xml`<trt:GetVideoEncoderConfigurationsResponse>${channels.map(
          (channel) => xml`<trt:Configurations token="${encoderToken(channel)}">${encoder(channel, faults)}</trt:Configurations>`,
        )}</trt:GetVideoEncoderConfigurationsResponse>`,
      GetVideoEncoderConfiguration: ({ action }) => {
        const token = argument(action, 'ConfigurationToken');
        const channel = channels.find((one) => encoderToken(one) === token);
        if (channel === undefined) throw invalidArgument('NoConfig', `There is no encoder configuration "${token}".`);
        return xml`<trt:GetVideoEncoderConfigurationResponse><trt:Configuration token="${token}">${encoder(channel, faults)}</trt:Configuration></trt:GetVideoEncoderConfigurationResponse>`;
      },
    },
  };
}

/** Throws the fault both media services have for a profile that is not there. */
export function channelAsked(channels: readonly Channel[], token: string): Channel {
  const channel = channels.find(({ profile }) => profile === token);
  if (channel === undefined) throw invalidArgument('NoProfile', `There is no media profile "${token}".`);
  return channel;
}

export function streamAsked({ channels, faults, streamUrl }: MediaOptions, asked: Asked): string {
  const channel = channelAsked(channels, argument(asked.action, 'ProfileToken'));
  if (faults.has('no-stream')) throw new SoapFault('Receiver', ['Action', 'IncompleteConfiguration'], 'The profile has no stream.');
  return streamUrl(asked, channel.streamPath);
}

/** What is inside a VideoSourceConfiguration, the same in both versions of the service. */
export function sourceConfiguration(channel: Channel): Xml {
  const { width, height } = channel.clip();
  return xml`<tt:Name>${channel.source}</tt:Name><tt:UseCount>1</tt:UseCount><tt:SourceToken>${channel.source}</tt:SourceToken>
    <tt:Bounds x="0" y="0" width="${width}" height="${height}"/>`;
}

function profileOf(channel: Channel, tag: Xml, faults: Faults): Xml {
  return xml`<${tag} token="${channel.profile}" fixed="true"><tt:Name>${channel.name}</tt:Name>
    <tt:VideoSourceConfiguration token="${sourceConfigurationToken(channel)}">${sourceConfiguration(channel)}</tt:VideoSourceConfiguration>
    <tt:VideoEncoderConfiguration token="${encoderToken(channel)}">${encoder(channel, faults)}</tt:VideoEncoderConfiguration></${tag}>`;
}

function videoSource(channel: Channel): Xml {
  const { width, height, framesPerSecond } = channel.clip();
  return xml`<trt:VideoSources token="${channel.source}"><tt:Framerate>${framesPerSecond}</tt:Framerate>
    <tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution></trt:VideoSources>`;
}

function encoder(channel: Channel, faults: Faults): Xml {
  const { width, height, framesPerSecond } = channel.clip();
  const rate = xml`<tt:RateControl><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>
    <tt:BitrateLimit>${bitrateLimit}</tt:BitrateLimit></tt:RateControl>`;
  return xml`<tt:Name>${encoderToken(channel)}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>
    <tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>
    ${faults.has('no-rate-control') ? undefined : rate}
    <tt:H264><tt:GovLength>${framesPerSecond}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>
    <tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>
    <tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>`;
}

function capabilities(channels: readonly Channel[]): Xml {
  return xml`<trt:Capabilities SnapshotUri="true" Rotation="false" VideoSourceMode="false" OSD="false">
    <trt:ProfileCapabilities MaximumNumberOfProfiles="${channels.length}"/>
    <trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="false" RTP_RTSP_TCP="true" NonAggregateControl="false"/></trt:Capabilities>`;
}
