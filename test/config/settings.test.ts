import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { readSecret, readSettings, SettingsError } from '#config/settings.ts';
import { Standard } from '#contract/standard.ts';

const folder = mkdtempSync(join(tmpdir(), 'mingzao-settings-'));
const Settings = Type.Object(
  { port: Type.Integer({ minimum: 1, maximum: 65_535, default: 8080 }), name: Type.Optional(Type.String()) },
  { additionalProperties: false },
);

function fileOf(text: string): string {
  const file = join(folder, `${Math.random()}.yaml`);
  writeFileSync(file, text);
  return file;
}

function complaint(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return 'no complaint';
}

describe('a settings file', () => {
  it('fills in what is left out', () => {
    expect(readSettings(fileOf('name: x\n'), Settings)).toEqual({ port: 8080, name: 'x' });
  });

  it.each([
    ['port: many', /yaml: port: found "many", it must be integer/],
    ['port: 70000', /yaml: port: found 70000, it must be <= 65535/],
    ['prot: 1', /unknown key "prot"; allowed: port, name/],
    ['port: [1', /yaml:\d+:\d+: not valid YAML/],
    ['', /yaml: the file is empty$/],
    ['- 1', /\(top level\): found \[1\], it must be object/],
  ])('that reads %o is refused in a sentence naming file, key, what was found and what is allowed', (text, sentence) => {
    expect(complaint(() => readSettings(fileOf(text), Settings))).toMatch(sentence);
  });

  it('with a kind there is none of is told which kinds there are, whatever else that kind would need', () => {
    const Camera = Type.Object({ kind: Type.Literal('camera') }, { additionalProperties: false });
    const Recorder = Type.Object({ kind: Type.Literal('recorder'), channels: Type.Integer() }, { additionalProperties: false });
    const Devices = Type.Object({ devices: Type.Array(Type.Union([Camera, Recorder])) });
    const read = (text: string) => complaint(() => readSettings(fileOf(text), Devices));
    expect(read('devices: [{ kind: camra }]')).toMatch(/devices\.0\.kind: found "camra", allowed: "camera", "recorder"$/);
    expect(read('devices: [{ kind: recorder }]')).toMatch(/devices\.0: the key "channels" is missing$/);
    expect(read('devices: [{ kind: camera, channels: 1 }]')).toMatch(/devices\.0: unknown key "channels"; allowed: kind$/);
  });

  it('that is missing is named', () => {
    expect(complaint(() => readSettings(join(folder, 'none.yaml'), Settings))).toBe(`${join(folder, 'none.yaml')}: there is no such file`);
  });
});

describe('a secret file', () => {
  it('gives its one line without the line end', () => {
    expect(readSecret(fileOf('s3cret\n'), 'passwordFile')).toBe('s3cret');
  });

  it.each(['', '\n', 'two\nlines\n'])('holding %o is refused without being quoted', (text) => {
    const sentence = complaint(() => readSecret(fileOf(text), 'passwordFile'));
    expect(sentence).toMatch(/^passwordFile: the file .* it must hold the secret on one line$/);
    expect(sentence).not.toContain('two');
  });
});

it('the shipped standard is valid and holds the programme’s numbers', () => {
  const standard = readSettings('config/standards/taiyuan-community-2022.yaml', Standard);
  expect(standard.zones.map((zone) => zone.kind)).toEqual(['dining', 'cooking', 'cleaning']);
  expect(standard.retention.minDays).toBe(90);
  expect(standard.pictureQuality).toMatchObject({ minWidth: 1920, minHeight: 1080, minFramesPerSecond: 15 });
  expect([standard.clock.maxOffsetSeconds, standard.gatewayHeard.silentAfterSeconds]).toEqual([5, 90]);
});
