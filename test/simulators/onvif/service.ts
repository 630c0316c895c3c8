// What a service of a simulated device is: actions of one namespace, and what the device says about it.
import type { Element, Xml } from './xml.ts';

export interface Asked {
  action: Element;
  /** The SOAP header, where there is one. */
  header: Element | undefined;
  /** Path and query the request came to. */
  url: string;
  /** `http://host:port` as the device names itself. */
  base: string;
  /** The host the device names in addresses. */
  host: string;
  /** Aborts when the one who asked has gone. */
  signal: AbortSignal;
}

export type Action = (asked: Asked) => Xml | Promise<Xml>;

/** Actions of one namespace. What a device does not implement is simply not here. */
export interface Actions {
  namespace: string;
  actions: Readonly<Record<string, Action>>;
  /** Actions anybody may ask for (access class PRE_AUTH). */
  open?: readonly string[];
}

/** A service as GetServices lists it. */
export interface Service extends Actions {
  path: string;
  version: { major: number; minor: number };
  capabilities(): Xml;
  /** False while the device has no such service. */
  present?(): boolean;
}
