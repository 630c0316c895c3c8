// What a probe needs to know of the device it looks at.
import type { OnvifSession } from '../onvif/session.ts';

export interface Device {
  id: string;
  kind: 'camera' | 'recorder';
  session: OnvifSession;
  /** An RTSP address the installer wrote down, asked instead of the one the camera names. */
  streamUri?: string;
  /** The serial number this device had when it was registered. */
  expectedSerial?: string;
  /** Of a recorder: which recording is of which camera, camera id to the recorder's token. */
  recordings?: Readonly<Record<string, string>>;
  /** Of a recorder: the cameras whose footage it keeps, by id. */
  cameras?: readonly string[];
}

export interface ProbeOptions {
  /** Ends the look; what was not seen by then is a fault in the observation. */
  signal: AbortSignal;
  /** Milliseconds since 1970. */
  now: () => number;
  /**
   * Keeps a picture as evidence and gives its SHA-256 once it is safely on disk: only then may a fact name it. Rejected where it cannot be
   * kept. Left out, pictures are not kept.
   */
  keepPicture?: (jpeg: Buffer) => Promise<string>;
}
