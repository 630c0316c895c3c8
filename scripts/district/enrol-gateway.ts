// Makes a gateway of the district known to its server, as at a real site: a claim code from the one, enrolment at the other.
import { X509Certificate } from 'node:crypto';
import { runEnrol } from '../../gateway/enrol.ts';
import { identityFile, readIdentity } from '../../gateway/identity/identity-file.ts';
import { sayClaimCode } from '../../server/command-line.ts';
import { loadSettings } from '../../server/config.ts';

/** Does nothing where it is enrolled already. Rejects with what the command said. */
export async function enrolGateway(about: {
  canteen: string;
  /** Of the gateway. */
  dataDir: string;
  settings: { server: string; gateway: string };
  /** https://host:port, and the SHA-256 of its authority. */
  server: { url: string; fingerprint: string };
}): Promise<void> {
  const { canteen, dataDir, settings, server } = about;
  const identity = readIdentity(identityFile(dataDir));
  if (identity !== undefined && new X509Certificate(identity.authority).fingerprint256 === server.fingerprint) return;
  const said: string[] = [];
  await sayClaimCode(canteen, loadSettings(settings.server), { say: (line) => said.push(line), now: Date.now });
  const words = { server: server.url, code: said[0] ?? '', fingerprint: server.fingerprint, config: settings.gateway };
  const wrong: string[] = [];
  const code = await runEnrol(
    Object.entries(words).flatMap(([name, value]) => [`--${name}`, value]),
    { stdout: () => undefined, stderr: (line) => wrong.push(line), signal: new AbortController().signal, now: Date.now },
  );
  if (code !== 0) throw new Error(wrong.join('\n'));
}
