// An ONVIF notification: a topic, where it comes from, and the one value that changed.
import { concreteSetDialect } from './topics.ts';
import { type Xml, xml } from './xml.ts';
import { instant } from './xsd-values.ts';

export interface Notification {
  topic: string;
  /** Milliseconds since 1970. */
  time: number;
  operation: 'Initialized' | 'Changed';
  source: Readonly<Record<string, string>>;
  data: { name: string; value: boolean };
}

/** What goes inside a wsnt:NotificationMessage. */
export function notificationContent({ topic, time, operation, source, data }: Notification): Xml {
  return xml`<wsnt:Topic Dialect="${concreteSetDialect}">${topic}</wsnt:Topic>
    <wsnt:Message><tt:Message UtcTime="${instant(time)}" PropertyOperation="${operation}">
    <tt:Source>${Object.entries(source).map(([name, value]) => xml`<tt:SimpleItem Name="${name}" Value="${value}"/>`)}</tt:Source>
    <tt:Data><tt:SimpleItem Name="${data.name}" Value="${data.value}"/></tt:Data></tt:Message></wsnt:Message>`;
}
