// Runs a district on this machine: simulated devices here, the server and each canteen's gateway as processes of their own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { validator } from '#config/validate.ts';
import { runCanteen, type SimulatedCanteen } from '../../test/simulators/canteen.ts';
import { prepareMedia } from '../../test/simulators/media.ts';
import { type DistrictAccount, districtAccounts } from './accounts.ts';
import { type DistrictCanteen, simulatedDevices } from './canteen.ts';
import { enrolGateway } from './enrol-gateway.ts';
import { type Program, runProgram } from './program.ts';
import { gatewayDataDir, settingsFiles } from './settings-files.ts';

export interface District {
  /** Where the pages are: http://host:port */
  url: string;
  simulated: ReadonlyMap<string, SimulatedCanteen>;
  /** One for each of administrator, regulator and inspector, and for the operator of the first canteen. */
  accounts: DistrictAccount[];
  /** Resolves, with a sentence, when one of the programs has ended by itself. */
  broken: Promise<string>;
  /** Gateways, then the server, then the simulators; nothing is left running. */
  stop(): Promise<void>;
}

const stopWithinMs = 10_000;

/** Rejects with a sentence, and leaves nothing running, where a part does not start. */
export async function startDistrict(about: {
  canteens: DistrictCanteen[];
  dataDir: string;
  port: number;
  say(line: string): void;
}): Promise<District> {
  const { canteens, dataDir, port, say } = about;
  const simulated = new Map<string, SimulatedCanteen>();
  const programs: Program[] = [];
  const stop = async () => {
    const [server, ...gateways] = programs;
    await Promise.all(gateways.map((gateway) => gateway.stop(stopWithinMs)));
    await server?.stop(stopWithinMs);
    await Promise.all([...simulated.values()].map((canteen) => canteen.close()));
  };
  const run = (name: string, file: string, args: string[]) => {
    const program = runProgram({ name, file, args, log: join(dataDir, 'logs', `${name}.log`) });
    programs.push(program);
    return program;
  };

  try {
    makeFolder(join(dataDir, 'logs'));
    const files = settingsFiles(dataDir);
    const serverSettings = files.server(canteens, port);
    const server = run('server', 'server/main.ts', ['--config', serverSettings]);
    const link = server.saidMatch(/http\S+\/welcome#\S+/);
    // Where there is an administrator no link is ever said, and that is nothing to complain of when the server ends.
    link.catch(() => undefined);
    const { address, secure, authority, administrator } = readListening(await server.saidFirst('listening'));
    say(`server at ${address}`);
    const accounts = await districtAccounts({
      ...{ file: join(dataDir, 'accounts.json'), url: address, canteen: canteens[0]?.id ?? '' },
      link: administrator ? undefined : link,
    });
    const media = await prepareMedia();
    for (const canteen of canteens) {
      const devices = await runCanteen(simulatedDevices(canteen), { media });
      simulated.set(canteen.id, devices);
      const settings = { server: serverSettings, gateway: files.gateway(canteen, devices, secure.mqtt) };
      const server = { url: secure.address, fingerprint: authority };
      await enrolGateway({ canteen: canteen.id, dataDir: gatewayDataDir(dataDir, canteen.id), settings, server });
      run(`gateway-${canteen.id}`, 'gateway/main.ts', ['run', '--config', settings.gateway]);
      say(`${canteen.name}: ${canteen.cameras.length} cameras and a recorder, simulated; gateway enrolled, and started as a process`);
    }
    const broken = Promise.race(
      programs.map(async (program) => `${program.name} has ended: ${(await program.ended) || 'its log says why'}`),
    );
    return { url: address, simulated, accounts, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const Listening = Type.Object({
  address: Type.String(),
  secure: Type.Object({ address: Type.String(), mqtt: Type.String() }),
  authority: Type.String(),
  administrator: Type.Boolean(),
});

function readListening(said: Record<string, unknown>): Static<typeof Listening> {
  const checked = validator(Listening)(said);
  if (!checked.ok) throw new Error(`the server says it is listening, but not where: ${checked.problem}`);
  return checked.value;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new Error(`the folder ${folder} cannot be made (${(cause as NodeJS.ErrnoException).code}); choose another with --data-dir`, {
      cause,
    });
  }
}
