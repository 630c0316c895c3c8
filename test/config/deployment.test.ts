// The examples of how to run it name what the programs really know: settings, topics, files.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '#config/settings.ts';
import { downTopics, evidenceTopic, topic, upTopics } from '#contract/topics.ts';
import { ServerConfig } from '../../server/config.ts';

const folder = (name: string) => join(import.meta.dirname, '../../config', name);
const text = (name: string) => readFileSync(folder(name), 'utf8');

interface Service {
  image: string;
  command?: string[];
  volumes?: string[];
  secrets?: string[];
  configs?: { source: string; target: string }[];
}

interface Compose {
  services: Record<string, Service>;
  configs: Record<string, { content: string }>;
  secrets: Record<string, { environment: string }>;
  volumes: Record<string, unknown>;
}

describe('the compose file', () => {
  const compose: Compose = parse(text('compose.example.yaml'), { merge: true });
  const { services, configs, secrets, volumes } = compose;
  const servers = [services['server-a'], services['server-b']];

  test('runs two servers by settings the server takes, that may share all they have', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'mingzao-')), 'server.yaml');
    writeFileSync(file, configs.server?.content ?? '');
    const settings = readSettings(file, ServerConfig);
    expect(settings.mqtt.broker?.shared).toBe(true);
    expect(settings.state.url).toMatch(/^postgres:/);
    expect(settings.telemetry.url).toMatch(/^http:/);
    for (const url of [settings.mqtt.broker?.url, settings.state.url, settings.telemetry.url])
      expect(Object.keys(services)).toContain(new URL(url ?? '').hostname);
    const passwordFiles = [settings.mqtt.broker, settings.state, settings.telemetry].map((one) => one?.passwordFile);
    for (const server of servers) {
      expect(server?.secrets?.toSorted()).toEqual(passwordFiles.map((name) => name?.replace('/run/secrets/', '')).toSorted());
      const mounted = server?.volumes?.map((volume) => volume.split(':')[1]) ?? [];
      expect(mounted).toEqual(expect.arrayContaining([settings.dataDir, settings.evidence.folder, settings.authority.folder]));
      const [, program] = server?.command ?? [];
      expect(existsSync(join(import.meta.dirname, '../..', program ?? ''))).toBe(true);
    }
    const data = servers.map((server) => server?.volumes?.find((volume) => volume.endsWith(`:${settings.dataDir}`)));
    expect(new Set(data).size).toBe(2);
  });

  test('names no volume, secret or piece of settings that it does not have, nor a file', () => {
    for (const service of Object.values(services)) {
      for (const secret of service.secrets ?? []) expect(Object.keys(secrets)).toContain(secret);
      for (const { source } of service.configs ?? []) expect(Object.keys(configs)).toContain(source);
      for (const [from = ''] of (service.volumes ?? []).map((volume) => volume.split(':')))
        if (!from.startsWith('.')) expect(Object.keys(volumes)).toContain(from);
        else if (from !== './emqx-certs') expect(existsSync(folder(from))).toBe(true); // which is the reader's to make
    }
  });

  test('holds no password', () => {
    for (const [line] of text('compose.example.yaml').matchAll(/^.*password:.*$/gim))
      expect(line).toMatch(/\$\{?\$?[A-Z_]+|password: \$\$/i);
  });
});

test('the Grafana dashboard asks for what is kept in InfluxDB, of the source that the compose file sets up', () => {
  const dashboard = readFileSync(folder('../dashboards/grafana/mingzao.json'), 'utf8');
  const store = readFileSync(folder('../server/stores/telemetry-influx.ts'), 'utf8');
  const queries = JSON.parse(dashboard).panels.flatMap(({ targets }: { targets: { query: string }[] }) =>
    targets.map(({ query }) => query),
  );
  for (const query of queries) expect(query).toMatch(/ from (raw|hourly)\.points where /);
  expect(store).toContain("measurement = 'points'");
  expect(store).toMatch(/policies = \{ raw: .*, hourly: /);
  const [source] = parse(parse(text('compose.example.yaml'), { merge: true }).configs['grafana-sources'].content).datasources;
  expect(dashboard).toContain(`"uid": "${source.uid}"`);
});

test.each([
  ['mosquitto.example.acl', '%u'],
  ['emqx.example.acl', ['$', '{username}'].join('')],
])('%s lets a gateway and a server write and read each their topics, and nothing else', (name, canteen) => {
  const ups = (who: string) => upTopics.map((kind) => (kind === 'evidence' ? evidenceTopic(who, '+') : topic(who, kind)));
  const downs = (who: string) => downTopics.map((kind) => topic(who, kind));
  const may = (verb: string, topics: string[]) => topics.map((each) => `${verb} ${each}`);
  // A line names one verb, or, of EMQX, one verb and then its topics.
  const allowed = text(name)
    .split('\n')
    .flatMap((line) => {
      const verb = /\b(?:read|subscribe)\b/.test(line) ? 'read' : 'write';
      return may(
        verb,
        [...line.matchAll(/mz\/v1\/[^"\s]+/g)].map(([found]) => found),
      );
    });
  const server = [...may('read', ups('+')), ...may('write', downs('+'))];
  const gateway = [...may('write', ups(canteen)), ...may('read', downs(canteen))];
  expect(allowed.toSorted()).toEqual([...server, ...gateway].toSorted());
});

describe.each(readdirSync(folder('systemd')))('the unit %s', (name) => {
  const unit = text(`systemd/${name}`);

  test('starts what there is, again and again, as nobody in particular, who may change nothing but its own folder', () => {
    const [, script] = /^ExecStart=\/bin\/sh (\S+)/m.exec(unit) ?? [];
    const [, tools] = /^Environment=PATH=\/opt\/mingzao\/([^:]+):/m.exec(unit) ?? [];
    for (const file of [script, `${tools}/node`])
      expect(existsSync(join(import.meta.dirname, '../..', file ?? 'nothing')), file).toBe(true);
    for (const line of ['DynamicUser=yes', 'NoNewPrivileges=yes', 'ProtectSystem=strict', 'Restart=always', 'UMask=0077'])
      expect(unit.split('\n')).toContain(line);
    expect(unit).toMatch(/^StateDirectory=mingzao(-gateway)?$/m);
  });

  test.skipIf(!existsSync('/usr/bin/systemd-analyze'))('is one that systemd takes', () => {
    const below = mkdtempSync(join(tmpdir(), 'mingzao-'));
    onTestFinished(() => rmSync(below, { recursive: true }));
    const file = join(below, name);
    writeFileSync(file, unit.replaceAll('/opt/mingzao', join(import.meta.dirname, '../..')));
    expect(execFileSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});
