import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultline } from '../support/cli.js';

describe('faultline services', () => {
  it('lists what is measured of each service, and what is not', async () => {
    const env = { FAULTLINE__METRICS__TYPE: 'prometheus', FAULTLINE__METRICS__URL: 'http://unused' };
    const services = [
      { name: 'cart', signals: ['latency' as const, 'errors' as const, 'traffic' as const, 'cpu' as const] },
      { name: 'mysql', signals: ['availability' as const] },
    ];
    const { code, out } = await faultline('services', { env, services });
    assert.equal(code, 0);
    assert.deepEqual(out.split('\n'), [
      'SERVICE  LATENCY  ERRORS  TRAFFIC  ALSO MEASURED',
      'cart     yes      yes     yes      cpu',
      'mysql    no       no      no       availability',
      '',
    ]);
    assert.equal((await faultline('services --quiet', { env, services })).out, 'cart\nmysql\n');
    assert.match((await faultline('services', { env })).out, /^No services found/);
  });
});

describe('faultline config show', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-config-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function settings(text: string, env: NodeJS.ProcessEnv) {
    const file = join(folder, 'my.yml');
    await writeFile(file, text);
    const { code, out, err } = await faultline(['config', 'show', '--config', file, '--json'], { env });
    assert.equal(code, 0, err);
    type Row = { setting: string; value: unknown; from: string };
    const rows = (JSON.parse(out) as { settings: Row[] }).settings;
    return (setting: string) => {
      const row = rows.find((one) => one.setting === setting);
      return row && [row.value, row.from.replace(file, 'my.yml')];
    };
  }

  it('says of each setting where it comes from, and shows no secret', async () => {
    const of = await settings(
      [
        'environment: staging',
        'metrics:',
        '  type: prometheus',
        '  url: https://ops:hunter22@prometheus.example',
        '  auth: { type: bearer, token: "${TOKEN}" }',
        '  headers: { X-Key: abcdef }',
        '',
      ].join('\n'),
      { TOKEN: 'tell-nobody', FAULTLINE__LOG__LEVEL: 'debug', FAULTLINE__PACKS__USE: '[otel-http]' },
    );
    assert.deepEqual(of('environment'), ['staging', 'my.yml:1']);
    assert.deepEqual(of('metrics.url'), ['https://ops:***@prometheus.example', 'my.yml:4']);
    assert.deepEqual(of('metrics.auth.token'), ['***', 'my.yml:5 and ${TOKEN}']);
    assert.deepEqual(of('metrics.headers.X-Key'), ['***', 'my.yml:6']);
    assert.deepEqual(of('log.level'), ['debug', 'FAULTLINE__LOG__LEVEL']);
    assert.deepEqual(of('packs.use[0]'), ['otel-http', 'FAULTLINE__PACKS__USE']);
    assert.deepEqual(of('triage.settleSeconds')?.[1], 'default');
    assert.deepEqual(of('sinks'), [[], 'default']);
  });

  it('prints a table, only of what was changed when asked', async () => {
    const env = { FAULTLINE__METRICS__TYPE: 'prometheus', FAULTLINE__METRICS__URL: 'http://unused' };
    const { out } = await faultline('config show --changed', { env });
    assert.deepEqual(out.split('\n'), [
      'SETTING       VALUE          FROM',
      'metrics.type  prometheus     FAULTLINE__METRICS__TYPE',
      'metrics.url   http://unused  FAULTLINE__METRICS__URL',
      '',
    ]);
  });
});
