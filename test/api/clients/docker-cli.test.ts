import { before, describe } from 'mocha';
import { anyDockerCli, bookwormDockerCli, trixieDockerCli } from '../../setup/docker-clients.ts';
import { runOk } from '../../support/run.ts';
import { createClient, type Client } from './cli/client.ts';
import { execTests } from './cli/exec.ts';
import { filesTests } from './cli/files.ts';
import { imagesAndSystemTests } from './cli/images-and-system.ts';
import { lifeCycleTests } from './cli/life-cycle.ts';
import { lookTests } from './cli/look.ts';
import { networksAndVolumesTests } from './cli/networks-and-volumes.ts';
import { runTests } from './cli/run.ts';
import { useEngine } from './use-engine.ts';

const CLIENTS = {
  '20.10 of bookworm': bookwormDockerCli,
  '26.1 of trixie': trixieDockerCli,
  'on PATH': anyDockerCli,
};

describe('docker CLI', function () {
  this.timeout(30_000);
  const engine = useEngine(['busybox', 'nginx']);
  for (const [name, program] of Object.entries(CLIENTS)) {
    describe(name, () => {
      let client: Client | undefined;
      before(async function () {
        client = createClient(engine, await program());
        if (name === 'on PATH' && (await isOneOfTheOthers(client.cli.program))) {
          console.log('      no other docker CLI is on PATH');
          this.skip();
        }
      });
      const current = () => {
        if (client === undefined) throw new Error('the client is there only inside tests');
        return client;
      };
      for (const tests of [
        runTests,
        lifeCycleTests,
        lookTests,
        execTests,
        filesTests,
        networksAndVolumesTests,
        imagesAndSystemTests,
      ])
        tests(current);
    });
  }
});

async function isOneOfTheOthers(program: string): Promise<boolean> {
  const version = (path: string) => runOk(path, ['--version']);
  const others = await Promise.all([version(await bookwormDockerCli()), version(await trixieDockerCli())]);
  return others.includes(await version(program));
}
