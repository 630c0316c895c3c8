// The little of node-onvif that is used; the package brings no types.
declare module 'node-onvif' {
  const onvif: {
    /** Sends a WS-Discovery probe and listens for three seconds. */
    startProbe(): Promise<unknown>;
    /** The socket it listens on, while it does. */
    _udp?: import('node:dgram').Socket | null;
  };
  export = onvif;
}
