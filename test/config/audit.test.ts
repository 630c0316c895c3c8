// The dependency audit of `npm run check`, against a registry that answers one and against one that does not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const script = join(import.meta.dirname, '../../scripts/audit.ts');

async function auditAt(answer: { status: number; severity?: string }) {
  const registry = createServer((request, response) => {
    request.resume();
    const asked = request.method === 'POST';
    const weakness = { id: 1, url: 'https://weak.example/1', title: 'a planted weakness', severity: answer.severity, cwe: [] };
    const found = { fastify: [{ ...weakness, vulnerable_versions: '*', cvss: { score: 8, vectorString: null } }] };
    response.writeHead(asked ? answer.status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(asked && answer.severity !== undefined ? found : {}));
  });
  await once(registry.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void registry.close());
  // npm remembers weaknesses: those planted here are nobody else's business.
  const cache = mkdtempSync(join(tmpdir(), 'audit-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const at = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`;
  const env = { ...process.env, npm_config_registry: at, npm_config_cache: cache };
  const audit = spawn(process.execPath, [script], { env });
  let said = '';
  for (const stream of [audit.stdout, audit.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const [code] = await once(audit, 'close');
  return { code, said };
}

test('a grave weakness fails the check, with its name and where to read of it', async () => {
  expect(await auditAt({ status: 200, severity: 'critical' })).toEqual({
    code: 1,
    said: expect.stringContaining('fastify: critical: a planted weakness (https://weak.example/1)'),
  });
});

test.each<[string, { status: number; severity?: string }, string]>([
  ['a slight weakness', { status: 200, severity: 'low' }, 'audit: 0 grave weaknesses of 1 known\n'],
  ['no weakness', { status: 200 }, 'audit: 0 grave weaknesses of 0 known\n'],
  ['a registry that answers no audit', { status: 405 }, 'no audit: the registry does not answer one (405)\n'],
])('%s lets it pass, and is said', async (_, answer, said) => {
  expect(await auditAt(answer)).toEqual({ code: 0, said });
});
