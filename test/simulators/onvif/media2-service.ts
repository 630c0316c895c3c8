// The ONVIF Media service, version 2: names the codec that is really sent.
import { bitrateLimit, type Channel, encoderToken, sourceConfigurationToken, sourcesOf } from './channels.ts';
import { channelAsked, type MediaOptions, sourceConfiguration, streamAsked } from './media-service.ts';
import { namespaces } from './namespaces.ts';
import type { Service } from './service.ts';
import { argument } from './soap.ts';
import { descendants, type Element, tagName, textAt, type Xml, xml } from './xml.ts';

export function media2Service(options: MediaOptions): Service {
  const { channels, faults } = options;
  return {
    namespace: namespaces.tr2,
    path: '/onvif/media2_service',
    version: { major: 21, minor: 12 },
    present: () => !faults.has('no-media2'),
    capabilities: () => capabilities(channels),
    open: ['GetServiceCapabilities'],
    actions: {
      GetServiceCapabilities: () => xml`<tr2:GetServiceCapabilitiesResponse>${capabilities(channels)}</tr2:GetServiceCapabilitiesResponse>`,
      GetProfiles: ({ action }) => {
        const token = textAt(action, 'Token');
        const chosen = token === undefined ? channels : [channelAsked(channels, token)];
        const types = descendants(action, 'Type').map(({ text }) => text);
        return xml`<tr2:GetProfilesResponse>${chosen.map((channel) => profileOf(channel, types, options))}</tr2:GetProfilesResponse>`;
      },
      GetStreamUri: (asked) => {
        argument(asked.action, 'Protocol');
        return xml`<tr2:GetStreamUriResponse><tr2:Uri>${streamAsked(options, asked)}</tr2:Uri></tr2:GetStreamUriResponse>`;
      },
      GetSnapshotUri: ({ action, base }) => {
        const { snapshotPath } = channelAsked(channels, argument(action, 'ProfileToken'));
        return xml`<tr2:GetSnapshotUriResponse><tr2:Uri>${base}${snapshotPath}</tr2:Uri></tr2:GetSnapshotUriResponse>`;
      },
      GetVideoSourceConfigurations: ({ action }) =>
        xml`<tr2:GetVideoSourceConfigurationsResponse>${narrowed(sourcesOf(channels), action, sourceConfigurationToken).map(
          (channel) =>
            xml`<tr2:Configurations token="${sourceConfigurationToken(channel)}">${sourceConfiguration(channel)}</tr2:Configurations>`,
        )}</tr2:GetVideoSourceConfigurationsResponse>`,
      GetVideoEncoderConfigurations: ({ action }) =>
        xml`<tr2:GetVideoEncoderConfigurationsResponse>${narrowed(channels, action, encoderToken).map((channel) =>
          encoder(channel, options, tagName('tr2:Configurations')),
        )}</tr2:GetVideoEncoderConfigurationsResponse>`,
    },
  };
}

/** Both arguments of a GetConfiguration are optional; what they name is all that is answered. */
function narrowed(channels: readonly Channel[], action: Element, tokenOf: (channel: Channel) => string): Channel[] {
  const [configuration, profile] = [textAt(action, 'ConfigurationToken'), textAt(action, 'ProfileToken')];
  return channels.filter(
    (channel) =>
      (configuration === undefined || tokenOf(channel) === configuration) && (profile === undefined || channel.profile === profile),
  );
}

/** Without a Type only name and token are given: clients that forget it see profiles with nothing in them. */
function profileOf(channel: Channel, types: readonly string[], options: MediaOptions): Xml {
  const wants = (type: string) => types.includes(type) || types.includes('All');
  const source = xml`<tr2:VideoSource token="${sourceConfigurationToken(channel)}">${sourceConfiguration(channel)}</tr2:VideoSource>`;
  const configurations = xml`<tr2:Configurations>${wants('VideoSource') ? source : undefined}
    ${wants('VideoEncoder') ? encoder(channel, options, tagName('tr2:VideoEncoder')) : undefined}</tr2:Configurations>`;
  return xml`<tr2:Profiles token="${channel.profile}" fixed="true"><tr2:Name>${channel.name}</tr2:Name>
    ${types.length === 0 ? undefined : configurations}</tr2:Profiles>`;
}

function encoder(channel: Channel, { faults }: MediaOptions, tag: Xml): Xml {
  const { codec, width, height, framesPerSecond } = channel.clip();
  const rate = xml`<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${framesPerSecond}</tt:FrameRateLimit>
    <tt:BitrateLimit>${bitrateLimit}</tt:BitrateLimit></tt:RateControl>`;
  return xml`<${tag} token="${encoderToken(channel)}" GovLength="${framesPerSecond}" Profile="Main">
    <tt:Name>${encoderToken(channel)}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${codec.toUpperCase()}</tt:Encoding>
    <tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>
    ${faults.has('no-rate-control') ? undefined : rate}<tt:Quality>4</tt:Quality></${tag}>`;
}

function capabilities(channels: readonly Channel[]): Xml {
  return xml`<tr2:Capabilities SnapshotUri="true" Rotation="false" VideoSourceMode="false" OSD="false" Mask="false">
    <tr2:ProfileCapabilities MaximumNumberOfProfiles="${channels.length}" ConfigurationsSupported="VideoSource VideoEncoder"/>
    <tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true" NonAggregateControl="false"/></tr2:Capabilities>`;
}
