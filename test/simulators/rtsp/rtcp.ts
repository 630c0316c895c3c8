// RTCP sender reports (RFC 3550 section 6.4.1): which wall-clock time an RTP timestamp stands for.
import { writeNtpTime } from './ntp-time.ts';

export interface Sent {
  ssrc: number;
  /** Milliseconds since 1970. */
  time: number;
  /** The RTP timestamp of that same moment. */
  timestamp: number;
  packets: number;
  octets: number;
}

/** A sender report with the source description that has to follow it. */
export function senderReport({ ssrc, time, timestamp, packets, octets }: Sent): Buffer {
  const report = Buffer.alloc(28);
  report.writeUInt16BE(0x80c8, 0);
  report.writeUInt16BE(report.length / 4 - 1, 2);
  report.writeUInt32BE(ssrc, 4);
  writeNtpTime(report, 8, time);
  report.writeUInt32BE(timestamp, 16);
  report.writeUInt32BE(packets >>> 0, 20);
  report.writeUInt32BE(octets >>> 0, 24);
  return Buffer.concat([report, sourceDescription(ssrc)]);
}

/** SDES with CNAME only, padded with at least one zero to four bytes (RFC 3550 6.5). */
function sourceDescription(ssrc: number): Buffer {
  const name = 'camera';
  const packet = Buffer.alloc(4 + Math.ceil((4 + 2 + name.length + 1) / 4) * 4);
  packet.writeUInt16BE(0x81ca, 0);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt8(1, 8);
  packet.writeUInt8(name.length, 9);
  packet.write(name, 10, 'latin1');
  return packet;
}
