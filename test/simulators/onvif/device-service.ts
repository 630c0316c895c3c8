// The ONVIF Device service: who the device is, what time it has, and which services it offers.
import type { Faults } from '../faults.ts';
import type { DeviceClock } from './device-clock.ts';
import { namespaces } from './namespaces.ts';
import type { Asked, Service } from './service.ts';
import { SoapFault } from './soap.ts';
import { descendants, textAt, type Xml, xml } from './xml.ts';

export interface DeviceIdentity {
  manufacturer: string;
  model: string;
  firmware: string;
  serial: string;
  /** What the device is called in its scopes; anything a person reads. */
  name: string;
}

export interface DeviceServiceOptions {
  identity: DeviceIdentity;
  /** A UUID: the device’s name in discovery. */
  endpoint: string;
  /** The last part of `onvif://www.onvif.org/Profile/…`. */
  profiles: readonly string[];
  username: string;
  clock: DeviceClock;
  faults: Faults;
  accepts: { digest: boolean; token: boolean };
  discoverable: boolean;
  inputs: number;
  /** All services, this one included. */
  services(): readonly Service[];
}

/** Kept in the order GetCapabilities has to give them; the rest go under Extension. */
type Category = (asked: Asked) => Xml;

export const devicePath = '/onvif/device_service';
const macAddress = '02:00:5e:00:53:01';

export function deviceService(options: DeviceServiceOptions): Service {
  const { identity, clock, faults, username } = options;
  const serial = () => (faults.has('other-serial') ? `${identity.serial}-OTHER` : identity.serial);
  const services = () => options.services().filter((service) => service.present?.() !== false);

  return {
    namespace: namespaces.tds,
    path: devicePath,
    version: { major: 21, minor: 12 },
    capabilities: () => serviceCapabilities(options),
    open: [
      'GetSystemDateAndTime',
      'GetServices',
      'GetServiceCapabilities',
      'GetCapabilities',
      'GetHostname',
      'GetWsdlUrl',
      'GetEndpointReference',
    ],
    actions: {
      GetSystemDateAndTime: () => systemDateAndTime(clock),
      GetDeviceInformation: () => xml`<tds:GetDeviceInformationResponse>
        <tds:Manufacturer>${identity.manufacturer}</tds:Manufacturer><tds:Model>${identity.model}</tds:Model>
        <tds:FirmwareVersion>${identity.firmware}</tds:FirmwareVersion><tds:SerialNumber>${serial()}</tds:SerialNumber>
        <tds:HardwareId>${identity.model}</tds:HardwareId></tds:GetDeviceInformationResponse>`,
      GetServices: (asked) => {
        const include = textAt(asked.action, 'IncludeCapability') === 'true';
        return xml`<tds:GetServicesResponse>${services().map((service) => listed(service, asked, include))}</tds:GetServicesResponse>`;
      },
      GetServiceCapabilities: () =>
        xml`<tds:GetServiceCapabilitiesResponse>${serviceCapabilities(options)}</tds:GetServiceCapabilitiesResponse>`,
      GetCapabilities: (asked) => capabilities(asked, services(), options),
      GetScopes: () =>
        xml`<tds:GetScopesResponse>${scopes(options).map(
          (scope) => xml`<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${scope}</tt:ScopeItem></tds:Scopes>`,
        )}</tds:GetScopesResponse>`,
      GetHostname: () => xml`<tds:GetHostnameResponse><tds:HostnameInformation>
        <tt:FromDHCP>false</tt:FromDHCP><tt:Name>${identity.serial}</tt:Name></tds:HostnameInformation></tds:GetHostnameResponse>`,
      GetEndpointReference: () =>
        xml`<tds:GetEndpointReferenceResponse><tds:GUID>urn:uuid:${options.endpoint}</tds:GUID></tds:GetEndpointReferenceResponse>`,
      GetWsdlUrl: () => xml`<tds:GetWsdlUrlResponse><tds:WsdlUrl>http://www.onvif.org/</tds:WsdlUrl></tds:GetWsdlUrlResponse>`,
      GetDiscoveryMode: () => xml`<tds:GetDiscoveryModeResponse>
        <tds:DiscoveryMode>${options.discoverable ? 'Discoverable' : 'NonDiscoverable'}</tds:DiscoveryMode></tds:GetDiscoveryModeResponse>`,
      GetNetworkInterfaces: ({ host }) => xml`<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0">
        <tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>${macAddress}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>
        <tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>${host}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual>
        <tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces></tds:GetNetworkInterfacesResponse>`,
      GetUsers: () => {
        // Access class READ_SYSTEM_SECRET: administrators only.
        if (!faults.has('administrator')) throw new SoapFault('Sender', ['NotAuthorized'], 'The sender is not authorized.');
        return xml`<tds:GetUsersResponse><tds:User>
        <tt:Username>${username}</tt:Username><tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:GetUsersResponse>`;
      },
      SystemReboot: () => xml`<tds:SystemRebootResponse><tds:Message>Rebooting in 0 seconds.</tds:Message></tds:SystemRebootResponse>`,
    },
  };
}

/** What discovery and GetScopes both tell. */
export function scopes({ identity, profiles }: Pick<DeviceServiceOptions, 'identity' | 'profiles'>): string[] {
  const scope = (category: string, value: string) => `onvif://www.onvif.org/${category}/${encodeURIComponent(value)}`;
  return [
    ...profiles.map((profile) => scope('Profile', profile)),
    scope('type', 'Network_Video_Transmitter'),
    scope('name', identity.name),
    scope('hardware', identity.model),
    'onvif://www.onvif.org/location/country/china',
  ];
}

function systemDateAndTime(clock: DeviceClock): Xml {
  const utc = clock.utc();
  return xml`<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>
    <tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>
    <tt:TimeZone><tt:TZ>${clock.timeZone}</tt:TZ></tt:TimeZone>
    <tt:UTCDateTime>${dateTime(utc)}</tt:UTCDateTime>
    <tt:LocalDateTime>${dateTime(utc + clock.utcOffsetMinutes * 60_000)}</tt:LocalDateTime>
    </tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
}

function dateTime(time: number): Xml {
  const date = new Date(time);
  return xml`<tt:Time><tt:Hour>${date.getUTCHours()}</tt:Hour><tt:Minute>${date.getUTCMinutes()}</tt:Minute><tt:Second>${date.getUTCSeconds()}</tt:Second></tt:Time>
    <tt:Date><tt:Year>${date.getUTCFullYear()}</tt:Year><tt:Month>${date.getUTCMonth() + 1}</tt:Month><tt:Day>${date.getUTCDate()}</tt:Day></tt:Date>`;
}

function listed({ namespace, path, version, capabilities }: Service, { base }: Asked, include: boolean): Xml {
  return xml`<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${base}${path}</tds:XAddr>
    ${include ? xml`<tds:Capabilities>${capabilities()}</tds:Capabilities>` : undefined}
    <tds:Version><tt:Major>${version.major}</tt:Major><tt:Minor>${version.minor}</tt:Minor></tds:Version></tds:Service>`;
}

function serviceCapabilities({ discoverable, accepts, faults }: DeviceServiceOptions): Xml {
  const digest = accepts.digest && !faults.has('token-only');
  const token = accepts.token && !faults.has('digest-only');
  return xml`<tds:Capabilities><tds:Network IPFilter="false" ZeroConfiguration="false" IPVersion6="false" DynDNS="false" NTP="0"/>
    <tds:Security TLS1.0="false" TLS1.1="false" TLS1.2="false" OnboardKeyGeneration="false" AccessPolicyConfig="false" DefaultAccessPolicy="true"
      RemoteUserHandling="false" X.509Token="false" SAMLToken="false" KerberosToken="false" RELToken="false"
      UsernameToken="${token}" HttpDigest="${digest}" MaxUsers="1"/>
    <tds:System DiscoveryResolve="${discoverable}" DiscoveryBye="${discoverable}" RemoteDiscovery="false" SystemBackup="false" SystemLogging="false"
      HttpFirmwareUpgrade="false" HttpSystemBackup="false" HttpSystemLogging="false" HttpSupportInformation="false"/></tds:Capabilities>`;
}

function capabilities(asked: Asked, services: readonly Service[], options: DeviceServiceOptions): Xml {
  const wanted = descendants(asked.action, 'Category').map(({ text }) => text);
  const all = wanted.length === 0 || wanted.includes('All');
  const known = new Set(services.map(({ namespace }) => namespace));
  const categories: { name: string; namespace: string; write: Category }[] = [
    { name: 'Device', namespace: namespaces.tds, write: ({ base }) => deviceCategory(base, options) },
    { name: 'Events', namespace: namespaces.tev, write: eventsCategory },
    { name: 'Media', namespace: namespaces.trt, write: mediaCategory },
  ];
  const given = categories.filter(({ name, namespace }) => known.has(namespace) && (all || wanted.includes(name)));
  return xml`<tds:GetCapabilitiesResponse><tds:Capabilities>
    ${given.map(({ write }) => write(asked))}${all ? extension(asked, known) : undefined}
    </tds:Capabilities></tds:GetCapabilitiesResponse>`;
}

function deviceCategory(base: string, { inputs, discoverable }: DeviceServiceOptions): Xml {
  return xml`<tt:Device><tt:XAddr>${base}${devicePath}</tt:XAddr>
    <tt:Network><tt:IPFilter>false</tt:IPFilter><tt:ZeroConfiguration>false</tt:ZeroConfiguration><tt:IPVersion6>false</tt:IPVersion6><tt:DynDNS>false</tt:DynDNS></tt:Network>
    <tt:System><tt:DiscoveryResolve>${discoverable}</tt:DiscoveryResolve><tt:DiscoveryBye>${discoverable}</tt:DiscoveryBye><tt:RemoteDiscovery>false</tt:RemoteDiscovery>
    <tt:SystemBackup>false</tt:SystemBackup><tt:SystemLogging>false</tt:SystemLogging><tt:FirmwareUpgrade>false</tt:FirmwareUpgrade>
    <tt:SupportedVersions><tt:Major>21</tt:Major><tt:Minor>12</tt:Minor></tt:SupportedVersions></tt:System>
    <tt:IO><tt:InputConnectors>${inputs}</tt:InputConnectors><tt:RelayOutputs>0</tt:RelayOutputs></tt:IO>
    <tt:Security><tt:TLS1.1>false</tt:TLS1.1><tt:TLS1.2>false</tt:TLS1.2><tt:OnboardKeyGeneration>false</tt:OnboardKeyGeneration>
    <tt:AccessPolicyConfig>false</tt:AccessPolicyConfig><tt:X.509Token>false</tt:X.509Token><tt:SAMLToken>false</tt:SAMLToken>
    <tt:KerberosToken>false</tt:KerberosToken><tt:RELToken>false</tt:RELToken></tt:Security></tt:Device>`;
}

function eventsCategory({ base }: Asked): Xml {
  return xml`<tt:Events><tt:XAddr>${base}/onvif/event_service</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>
    <tt:WSPullPointSupport>true</tt:WSPullPointSupport>
    <tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>`;
}

function mediaCategory({ base }: Asked): Xml {
  return xml`<tt:Media><tt:XAddr>${base}/onvif/media_service</tt:XAddr><tt:StreamingCapabilities>
    <tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>false</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>`;
}

/** Profile G services only ever came into this old call as an extension. */
function extension({ base }: Asked, known: ReadonlySet<string>): Xml | undefined {
  if (!known.has(namespaces.trc)) return undefined;
  return xml`<tt:Extension><tt:Recording><tt:XAddr>${base}/onvif/recording_service</tt:XAddr><tt:ReceiverSource>false</tt:ReceiverSource>
    <tt:MediaProfileSource>true</tt:MediaProfileSource><tt:DynamicRecordings>false</tt:DynamicRecordings><tt:DynamicTracks>false</tt:DynamicTracks>
    <tt:MaxStringLength>128</tt:MaxStringLength></tt:Recording>
    <tt:Search><tt:XAddr>${base}/onvif/search_service</tt:XAddr><tt:MetadataSearch>false</tt:MetadataSearch></tt:Search>
    <tt:Replay><tt:XAddr>${base}/onvif/replay_service</tt:XAddr></tt:Replay></tt:Extension>`;
}
