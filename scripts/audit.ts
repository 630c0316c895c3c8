// Asks the npm registry for known weaknesses of what we depend on: a grave one fails, and a registry that answers none is said.
import { spawnSync } from 'node:child_process';

const grave = ['high', 'critical'];

interface Weakness {
  name: string;
  severity: string;
  via: ({ title?: string; url?: string } | string)[];
}

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--fetch-retries=0', '--fetch-timeout=20000', ...process.argv.slice(2)], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
});
const answer = error === undefined ? parse(stdout) : undefined;
if (answer?.vulnerabilities === undefined) {
  console.log(`no audit: the registry does not answer one (${answer?.statusCode ?? answer?.message ?? error?.message ?? 'nothing came'})`);
} else {
  const found = Object.values(answer.vulnerabilities).filter(({ severity }) => grave.includes(severity));
  for (const { name, severity, via } of found) console.error(`${name}: ${severity}: ${via.map(told).join('; ')}`);
  console.log(`audit: ${found.length} grave weaknesses of ${Object.keys(answer.vulnerabilities).length} known`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

function parse(text: string): { vulnerabilities?: Record<string, Weakness>; statusCode?: number; message?: string } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The weakness itself, or the package that has it. */
function told(via: Weakness['via'][number]): string {
  return typeof via === 'string' ? `by ${via}` : `${via.title} (${via.url})`;
}
