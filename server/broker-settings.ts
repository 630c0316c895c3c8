// Which MQTT broker outside of the server gateways report to, where it is not the one inside.
import { resolve } from 'node:path';
import { type Static, Type } from 'typebox';
import { readSecret, SettingsError } from '#config/settings.ts';

export const BrokerSetting = Type.Optional(
  Type.Object(
    {
      url: Type.String({ minLength: 1, maxLength: 4096, description: 'mqtt://<user>@<host>:<port>, or mqtts for TLS' }),
      passwordFile: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'a file holding, on one line, the password' })),
      shared: Type.Boolean({
        default: false,
        description:
          'by a shared subscription: each message goes to one of several servers. Not by default: a broker that knows none grants it and sends nothing',
      }),
    },
    { additionalProperties: false, description: 'an MQTT broker outside of the server; then nothing listens at mqtt.listen' },
  ),
);

export interface BrokerAddress {
  /** Without a password. */
  url: string;
  password?: string;
  shared: boolean;
}

/** `from` is the settings file's folder. Throws SettingsError, which never quotes what might be a password. */
export function brokerAddress(setting: NonNullable<Static<typeof BrokerSetting>>, from: string): BrokerAddress {
  const { url, passwordFile, shared } = setting;
  const parsed = URL.parse(url);
  if (parsed === null || !['mqtt:', 'mqtts:'].includes(parsed.protocol))
    throw new SettingsError('mqtt.broker.url: it begins with none of mqtt:, mqtts: or is no address');
  if (parsed.password !== '')
    throw new SettingsError('mqtt.broker.url: it holds a password; put that into a file and name it in mqtt.broker.passwordFile');
  if (passwordFile === undefined) return { url, shared };
  return { url, shared, password: readSecret(resolve(from, passwordFile), 'mqtt.broker.passwordFile') };
}
