import { describe, expect, it } from 'vitest';
import { type Import, importsBelow } from './imports.ts';

const imports = importsBelow(['config', 'gateway', 'server', 'dashboards']);

/** What a folder or file may import; the most specific line counts. `types` may be imported as types only. Paths and packages by their beginning. */
const may: Record<string, { import: string[]; types?: string[] }> = {
  'config/contract': { import: ['config/contract', 'typebox'] },
  config: {
    import: ['config', 'typebox', 'ajv', 'ajv-formats', 'yaml', 'prom-client', 'node:events', 'node:fs', 'node:http', 'node:path'],
  },

  'gateway/observation.ts': { import: [], types: ['config/contract'] },
  'gateway/checks': { import: ['config/contract', 'gateway/checks', 'node:util'], types: ['gateway/observation.ts'] },
  'gateway/coverage': { import: ['config/contract', 'gateway/coverage', 'clipper2-ts'] },
  'gateway/onvif': { import: ['config/contract', 'gateway/onvif', 'node-onvif', 'fast-xml-parser', 'node:'] },
  'gateway/recorders': { import: ['config/contract', 'gateway/onvif', 'gateway/recorders', 'node:assert'] },
  'gateway/replay': { import: ['config/contract', 'gateway/onvif', 'gateway/replay', 'node:'] },
  'gateway/pictures': { import: ['config/contract', 'gateway/pictures', 'typebox'] },
  'gateway/overlay-clock': { import: ['config/contract', 'gateway/overlay-clock'] },
  'gateway/probes': {
    import: [
      'config/contract',
      'gateway/onvif',
      'gateway/overlay-clock',
      'gateway/pictures',
      'gateway/recorders',
      'gateway/replay',
      'gateway/probes',
      'fluent-ffmpeg',
      'node:',
    ],
    types: ['gateway/observation.ts'],
  },
  'gateway/own-recording': {
    import: [
      ...['config', 'gateway/onvif', 'gateway/recorders', 'gateway/probes', 'gateway/own-recording', 'gateway/errors.ts'],
      ...['typebox', 'node:'],
    ],
    types: ['gateway'],
  },
  'gateway/devices': {
    import: [...['config/contract', 'gateway/onvif', 'gateway/pictures', 'gateway/probes', 'gateway/supervise'], 'gateway/devices'],
    types: ['gateway'],
  },
  'gateway/ledger': {
    import: ['config/contract', 'gateway/onvif', 'gateway/recorders', 'gateway/ledger', 'gateway/json-file.ts', 'typebox', 'node:path'],
    types: ['gateway/observation.ts', 'gateway/log.ts'],
  },
  'gateway/main.ts': { import: ['config', 'gateway', 'package.json', 'node:'] },
  'gateway/identity': {
    import: [
      ...['config', 'gateway/identity', 'gateway/errors.ts', 'gateway/json.ts'],
      '@peculiar/x509',
      'reflect-metadata',
      'typebox',
      'node:',
    ],
    types: ['gateway'],
  },
  gateway: { import: ['config', 'gateway', 'mqtt', 'pino', 'typebox', 'node:'] },

  'server/compliance': { import: ['config/contract', 'server/compliance'] },
  // The shape of a state is what they keep; what is made of it is none of their business.
  'server/stores': {
    import: [
      ...['config', 'server/stores', 'server/errors.ts', 'kysely', 'pg', 'influx', 'node:'],
      ...['server/compliance/state.ts', 'server/compliance/known-facts.ts', 'server/compliance/shared-days.ts'],
    ],
    types: ['server/compliance', 'pino'],
  },
  'server/routes': {
    import: [
      'config',
      'server/routes',
      'server/identity',
      'server/compliance',
      'server/errors.ts',
      'fastify',
      '@fastify',
      'typebox',
      'node:',
    ],
    types: ['server'],
  },
  'server/main.ts': { import: ['config', 'server', 'pino', 'package.json', 'node:'] },
  server: {
    import: ['config', 'server', 'aedes', 'mqtt', 'fastify', '@fastify', 'typebox', 'pino', 'node:'],
  },
  'server/identity': {
    import: [
      'config',
      'server/identity',
      'server/errors.ts',
      'server/background.ts',
      'server/stores/audit-chain.ts',
      '@node-rs',
      '@peculiar/x509',
      'otpauth',
      'reflect-metadata',
      'typebox',
      'node:',
    ],
    types: ['server', 'fastify', '@fastify', 'pino'],
  },

  dashboards: { import: ['dashboards', 'svelte', '@sveltejs', 'uqr'], types: ['config/contract', 'typebox'] },
  'dashboards/vite.config.ts': { import: ['vite', '@sveltejs', 'node:'] },
};

/** Where each library is named; a change of library is then a change of one place. */
const homes: Record<string, string[]> = {
  ajv: ['config/validate.ts'],
  'ajv-formats': ['config/validate.ts'],
  yaml: ['config/settings.ts'],
  'clipper2-ts': ['gateway/coverage/region.ts'],
  mqtt: ['gateway/uplink/link.ts', 'server/broker-outside.ts'],
  aedes: ['server/broker.ts'],
  '@peculiar/x509': ['server/identity/authority.ts', 'server/identity/certificate-request.ts', 'gateway/identity/certificate-request.ts'],
  'fluent-ffmpeg': ['gateway/probes/ffmpeg.ts'],
  'node-onvif': ['gateway/onvif/'],
  'fast-xml-parser': ['gateway/onvif/'],
  'prom-client': ['config/instruments.ts'],
  kysely: ['server/stores/'],
  pg: ['server/stores/postgres'],
  influx: ['server/stores/telemetry-influx.ts'],
  '@fastify/swagger': ['server/'],
  '@node-rs/argon2': ['server/identity/password-hash.ts'],
  otpauth: ['server/identity/second-factor.ts'],
  uqr: ['dashboards/'],
};

describe('the import rules', () => {
  it('let no folder import what it must not', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.filter((one) => !isAllowed(one)).map(said)).toEqual([]);
  });

  it.each(Object.entries(homes))('name %s in one place', (library, places) => {
    const elsewhere = imports.filter(({ target, file }) => target === library && !places.some((place) => file.startsWith(place)));
    expect(elsewhere.map(said)).toEqual([]);
  });

  it('keep gateway and server apart', () => {
    const across = imports.filter(
      ({ file, target }) =>
        (isBelow(file, 'gateway') && isBelow(target, 'server')) || (isBelow(file, 'server') && isBelow(target, 'gateway')),
    );
    expect(across.map(said)).toEqual([]);
  });

  it('leave no circle of imports', () => {
    expect(circles(imports.filter((one) => !one.typeOnly))).toEqual([]);
  });

  it('would notice a rule check that reads the clock of another folder', () => {
    expect(isAllowed({ file: 'gateway/checks/clock.ts', target: 'gateway/clock.ts', typeOnly: false })).toBe(false);
    expect(isAllowed({ file: 'server/compliance/fold.ts', target: 'node:fs', typeOnly: false })).toBe(false);
    expect(isAllowed({ file: 'dashboards/board-main.ts', target: 'config/contract/views.ts', typeOnly: false })).toBe(false);
  });
});

function isAllowed({ file, target, typeOnly }: Import): boolean {
  const place = Object.keys(may)
    .filter((folder) => isBelow(file, folder))
    .toSorted((a, b) => b.length - a.length)[0];
  const rule = may[place ?? ''];
  if (rule === undefined) return false;
  return [...rule.import, ...(typeOnly ? (rule.types ?? []) : [])].some((allowed) => isBelow(target, allowed));
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(':') ? folder : `${folder}/`);
}

function said({ file, target, typeOnly }: Import): string {
  return `${file} imports ${target}${typeOnly ? ' (types)' : ''}`;
}

function circles(found: Import[]): string[] {
  const targets = Map.groupBy(
    // A Svelte component may name itself to draw a tree.
    found.filter(({ file, target }) => file !== target),
    (one) => one.file,
  );
  const done = new Set<string>();
  const walk = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')];
    if (done.has(file)) return [];
    const below = (targets.get(file) ?? []).flatMap(({ target }) => walk(target, [...path, file]));
    done.add(file);
    return below;
  };
  return [...targets.keys()].flatMap((file) => walk(file, []));
}
