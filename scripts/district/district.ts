// Runs a district on this machine: simulated devices here, the server and each canteen's gateway as processes of their own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCanteen, type SimulatedCanteen } from '../../test/simulators/canteen.ts';
import { prepareMedia } from '../../test/simulators/media.ts';
import { type DistrictCanteen, simulatedDevices } from './canteen.ts';
import { type Program, runProgram } from './program.ts';
import { settingsFiles } from './settings-files.ts';

export interface District {
  /** Where the pages are: http://host:port */
  url: string;
  simulated: ReadonlyMap<string, SimulatedCanteen>;
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
    const { address, mqtt } = await run('server', 'server/main.ts', ['--config', files.server(canteens, port)]).saidFirst('listening');
    say(`server at ${address}`);
    const media = await prepareMedia();
    for (const canteen of canteens) {
      const devices = await runCanteen(simulatedDevices(canteen), { media });
      simulated.set(canteen.id, devices);
      run(`gateway-${canteen.id}`, 'gateway/main.ts', ['run', '--config', files.gateway(canteen, devices, String(mqtt))]);
      say(`${canteen.name}: ${canteen.cameras.length} cameras and a recorder, simulated; gateway process started`);
    }
    const broken = Promise.race(
      programs.map(async (program) => `${program.name} has ended: ${(await program.ended) || 'its log says why'}`),
    );
    return { url: String(address), simulated, broken, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
