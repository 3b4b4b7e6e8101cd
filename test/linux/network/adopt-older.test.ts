import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { identityOf } from '../../../backend/network/identity.ts';
import { runOk } from '../../support/run.ts';
import type { Attached } from './daemon-process.ts';
import { inside, port, useNetworks } from './network-fixture.ts';
import { runIn } from './test-machine.ts';

describe('a container of a release before networks could be made', function () {
  this.timeout(20_000);
  const fixture = useNetworks();

  /** What that release left: no record of the sandbox, another one of the network, and rules in a table of IPv4 alone. */
  async function makeOlder({ sandboxId, netnsPath, endpoints, ports, address }: Attached) {
    const { machine } = fixture;
    const dataRoot = join(machine.directory, 'one/data');
    const { nftTable } = identityOf(dataRoot);
    const older = `
      delete table inet ${nftTable}
      table ip ${nftTable} {
        chain prerouting {
          type nat hook prerouting priority dstnat;
          iifname != "strata0" fib daddr type local tcp dport 8080 dnat to ${address}:80
        }
        chain forward {
          type filter hook forward priority filter;
          oifname "strata0" ct state established,related accept
          oifname "strata0" ct status dnat accept
          oifname "strata0" iifname "strata0" accept
          oifname "strata0" drop
        }
      }\n`;
    await runOk('nsenter', [`--net=${machine.host}`, 'nft', '-f', '-'], { input: older });
    const database = new DatabaseSync((await runOk('find', [dataRoot, '-name', '*.db'])).trim());
    database.exec('DROP TABLE network_sandboxes');
    const network = {
      id: endpoints[0]?.networkId,
      name: 'bridge',
      driver: 'bridge',
      bridge: 'strata0',
      created: '2026-01-01T00:00:00.000Z',
      subnet: '172.17.0.0/16',
      gateway: '172.17.0.1',
    };
    database.prepare(`UPDATE networks SET value = ? WHERE key = 'bridge'`).run(JSON.stringify(network));
    database.close();
    return { sandboxId, netnsPath, endpoints, ports };
  }

  it('keeps its network and its ports, and the older rules go', async () => {
    const { machine, daemon, visitors, start } = fixture;
    const web = await daemon.join('web', [port(8080)]);
    await visitors.serve(inside(web), 'web', 80);
    await daemon.kill();
    const sandbox = await makeOlder(web);
    const answer = `web:${machine.outsideAddress}:hello`;
    assert.equal(await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080), answer);
    const again = await start('one');
    assert.deepEqual(await again.comeBack(sandbox), [sandbox]);
    assert.equal(await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080), answer);
    assert.equal(await visitors.ask(machine.host, 'tcp', '::1', 8080), `web:${web.gateway}:hello`);
    assert.doesNotMatch(await runIn(machine.host, 'nft', 'list', 'tables'), /table ip /);
    const next = await again.join('next');
    assert.notEqual(next.address, web.address);
    assert.equal(await visitors.ask(inside(next), 'tcp', web.address ?? '', 80), `web:${next.address}:hello`);
    await again.detach(sandbox);
    assert.equal(await visitors.ask(machine.outside, 'tcp', machine.hostAddress, 8080), null);
  });
});
