import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { examineChecks } from '../../workers/doctor/checks.js';
import { testConfig } from '../support/scopes.js';

const MODULE = fileURLToPath(new URL('../fixtures/checks/queue-depth.mjs', import.meta.url));

describe('the doctor of checks', function () {
  this.timeout(60_000);
  const server = net.createServer();
  let target: string;
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const examine = (checks: object, runbooks: object = {}) => examineChecks(testConfig({ checks, runbooks }));

  it('makes each check once, and says what keeps one from looking', async () => {
    const tcp = { type: 'tcp', service: 'payment', target };
    const list = [
      { ...tcp, id: 'open' },
      { ...tcp, id: 'closed', target: '127.0.0.1:1' },
      { ...tcp, id: 'elsewhere', zone: 'eu-2' },
      { ...tcp, id: 'not-allowed', target: '10.9.8.7:80' },
    ];
    const findings = await examine({ allow: ['127.0.0.1'], list });
    assert.deepEqual(
      findings.map(({ subject, status }) => [subject, status]),
      [
        ["check 'open'", 'ok'],
        ["check 'closed'", 'ok'],
        ["check 'elsewhere'", 'ok'],
        ["check 'not-allowed'", 'warning'],
      ],
    );
    assert.match(findings[1]!.seen, /^it looks, and sees trouble of payment: connection refused$/);
    assert.match(findings[3]!.seen, /^checks\.allow does not allow 10\.9\.8\.7:80$/);
    assert.equal(findings[3]!.remedy, 'correct checks.list[3], or checks.allow');
  });

  it('loads modules and reads runbooks', async () => {
    const modules = [
      { file: MODULE, settings: { depth: '1' }, secrets: { token: 'x' } },
      { file: MODULE, settings: { depth: '1' } },
    ];
    const [good, bad, runbooks] = await examine({ modules }, { folder: '/nowhere/runbooks' });
    assert.deepEqual([good!.status, good!.seen.slice(0, 9)], ['ok', '3 checks:']);
    assert.equal(bad!.status, 'failed');
    assert.match(bad!.seen, /default export\[0\]\.needs: the configuration gives no token/);
    assert.deepEqual([runbooks!.status, runbooks!.remedy], ['failed', 'correct runbooks.folder']);
  });
});
