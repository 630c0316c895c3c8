// Where the audit ended when this machine last added to it: kept beside the database, so that a tail cut off there shows.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AuditEntry, AuditHead } from '../stores/audit-chain.ts';

const anchorPattern = /^([1-9]\d{0,15}):([0-9a-f]{64})$/;

export function keepAnchor(dataDir: string, log: Pick<Logger, 'warn'>): (entry: AuditEntry, head: AuditHead) => void {
  let kept = 0;
  return (_, head) => {
    if (head.sequence <= kept) return;
    kept = head.sequence;
    try {
      writeAnchor(dataDir, head);
    } catch (err) {
      log.warn({ err }, 'the end of the audit cannot be kept beside the database');
    }
  };
}

export function writeAnchor(dataDir: string, head: AuditHead): void {
  writeFileSync(`${fileIn(dataDir)}.part`, `${anchorText(head)}\n`, { mode: 0o600 });
  renameSync(`${fileIn(dataDir)}.part`, fileIn(dataDir));
}

export function readAnchor(dataDir: string): AuditHead | undefined {
  return existsSync(fileIn(dataDir)) ? parseAnchor(readFileSync(fileIn(dataDir), 'utf8').trim()) : undefined;
}

/** As the log tells it. */
export function anchorText({ sequence, hash }: AuditHead): string {
  return `${sequence}:${hash}`;
}

export function parseAnchor(text: string): AuditHead | undefined {
  const [, sequence, hash] = anchorPattern.exec(text) ?? [];
  return sequence === undefined || hash === undefined ? undefined : { sequence: Number(sequence), hash };
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'audit-anchor');
}
