import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parse } from 'yaml';
import { loadConfig } from '../../config/load.js';
import type { Config } from '../../config/schema.js';
import { DEV_PORTS } from '../../workers/dev/ports.js';
import { serverFlags } from '../../workers/dev/server-flags.js';
import { TEMPORAL_CLI_VERSION } from '../../workers/dev/temporal-wheel.js';
import { needs } from '../support/needs.js';

/** What the operator sets; nothing of the stack starts without it. */
const TOKEN = { FAULTLINE_WEBHOOK_TOKEN: 'token-of-the-test' };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Service {
  image: string;
  command: string[];
  ports?: string[];
  volumes?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
}
interface Compose {
  name?: string;
  services: Record<'temporal' | 'worker' | 'webhook' | 'prometheus' | 'alertmanager', Service>;
}

async function readYaml<T>(name: string): Promise<T> {
  return parse(await readFile(join(ROOT, name), 'utf8'), { merge: true }) as T;
}

describe('temporal-dev.yml', () => {
  let compose: Compose;

  before(async () => {
    compose = await readYaml<Compose>('temporal-dev.yml');
  });

  /** The configuration as a container sees it. */
  async function configIn(service: 'worker' | 'webhook'): Promise<Config> {
    const { FAULTLINE_CONFIG, ...given } = compose.services[service].environment ?? {};
    const env = { ...given, ...TOKEN };
    assert.equal(FAULTLINE_CONFIG, '/etc/faultline/faultline.yml');
    assert.ok(compose.services[service].volumes?.includes(`./deploy/faultline.yml:${FAULTLINE_CONFIG}:ro`));
    return (await loadConfig({ file: join(ROOT, 'deploy/faultline.yml'), env })).config;
  }

  it('is a Compose file that Compose takes, old and new: without a name of its own', async function () {
    this.timeout(400_000);
    const tools = needs(this, 'docker-compose');
    await execa(tools['docker-compose'], ['-f', 'temporal-dev.yml', 'config', '--quiet'], {
      cwd: ROOT,
      env: TOKEN,
    });
    assert.equal(compose.name, undefined);
  });

  it('listens where the native command listens, and for this machine alone', () => {
    const open = Object.values(compose.services).flatMap(({ ports }) => ports ?? []);
    const expected = Object.values(DEV_PORTS).map((port) => `127.0.0.1:${port}:${port}`);
    assert.deepEqual(open.sort(), expected.sort());
  });

  it('starts the Temporal server that the native command starts, with the same flags', () => {
    const { image, command } = compose.services.temporal;
    assert.equal(image, `temporalio/temporal:${TEMPORAL_CLI_VERSION}`);
    const native = serverFlags(
      { dbFile: '/home/temporal/temporal.db' },
      TEMPORAL_CLI_VERSION,
      DEV_PORTS.temporal,
      DEV_PORTS.temporalUi,
    );
    // In a container the server must listen on all its addresses; the ports are opened to this machine alone.
    native[native.indexOf('--ip') + 1] = '0.0.0.0';
    assert.deepEqual(command, native);
  });

  it('reads the configuration of the native command, changed only in how containers find each other', async () => {
    const { config: native } = await loadConfig({ file: join(ROOT, 'deploy/faultline.yml'), env: TOKEN });
    const [worker, webhook] = [await configIn('worker'), await configIn('webhook')];
    const [[metrics], [own]] = [worker.metrics, native.metrics];
    assert.ok(metrics?.type === 'prometheus' && own?.type === 'prometheus');
    assert.equal(metrics.url, `http://prometheus:${DEV_PORTS.prometheus}`);
    const open = { ...native.worker, host: '0.0.0.0' };
    assert.deepEqual({ ...worker, metrics: native.metrics }, { ...native, worker: open });
    const receiver = { ...native.webhook, host: '0.0.0.0' };
    assert.deepEqual(webhook, { ...worker, webhook: receiver, worker: native.worker });

    assert.equal(own.url, `http://localhost:${DEV_PORTS.prometheus}`);
    assert.equal(native.webhook.port, DEV_PORTS.webhook);
    assert.equal(native.temporal.uiUrl, `http://localhost:${DEV_PORTS.temporalUi}`);
    for (const service of ['worker', 'webhook'] as const) {
      const address = compose.services[service].environment?.['TEMPORAL_ADDRESS'];
      assert.equal(address, `temporal:${DEV_PORTS.temporal}`);
    }
  });

  it('checks the health of every service, of Faultline itself without starting the program', () => {
    for (const [name, { healthcheck }] of Object.entries(compose.services)) {
      assert.equal(healthcheck?.test[0], 'CMD', name);
    }
    for (const service of ['worker', 'webhook'] as const) {
      assert.deepEqual(compose.services[service].healthcheck?.test, ['CMD', 'node', 'bin/healthcheck.js']);
    }
  });

  it('starts nothing without a webhook token of the operator', async () => {
    const { FAULTLINE_WEBHOOK_TOKEN } = compose.services.webhook.environment ?? {};
    assert.match(FAULTLINE_WEBHOOK_TOKEN ?? '', /^\$\{FAULTLINE_WEBHOOK_TOKEN:\?/);
    await assert.rejects(
      loadConfig({ file: join(ROOT, 'deploy/faultline.yml'), env: {} }),
      /FAULTLINE_WEBHOOK_TOKEN/,
    );
  });

  it('mounts only files that are there', () => {
    const files = Object.values(compose.services)
      .flatMap(({ volumes }) => volumes ?? [])
      .filter((volume) => volume.startsWith('./'))
      .map((volume) => volume.split(':')[0]!);
    assert.ok(files.length >= 5);
    for (const file of files) assert.ok(existsSync(join(ROOT, file)), file);
  });
});

describe('the samples beside it', () => {
  it('make Alertmanager post to the receiver, with the token that Compose gives to both', async () => {
    const alertmanager = await readYaml<{
      receivers: {
        webhook_configs: { url: string; http_config: { authorization: { credentials_file: string } } }[];
      }[];
    }>('deploy/alertmanager.yml');
    const [hook] = alertmanager.receivers[0]!.webhook_configs;
    assert.equal(hook?.url, `http://webhook:${DEV_PORTS.webhook}/v1/alertmanager`);
    const { services } = await readYaml<Compose>('temporal-dev.yml');
    const file = hook.http_config.authorization.credentials_file;
    assert.ok(services.alertmanager.command[0]!.includes(`"$$FAULTLINE_WEBHOOK_TOKEN" > ${file}`));
    const { config } = await loadConfig({ file: join(ROOT, 'deploy/faultline.yml'), env: TOKEN });
    assert.ok(config.webhook.auth.type === 'bearer');
    assert.deepEqual(config.webhook.auth.tokens, [TOKEN.FAULTLINE_WEBHOOK_TOKEN]);
  });

  it('are taken by Prometheus and Alertmanager', async function () {
    this.timeout(400_000);
    const { promtool, amtool } = needs(this, 'promtool', 'amtool');
    await execa(promtool, ['check', 'config', 'prometheus.yml'], { cwd: join(ROOT, 'deploy') });
    await execa(amtool, ['check-config', 'alertmanager.yml'], { cwd: join(ROOT, 'deploy') });
  });

  it('raise alerts that name the service in trouble', async function () {
    this.timeout(400_000);
    const { promtool } = needs(this, 'promtool');
    await execa(promtool, ['test', 'rules', 'alerts-test.yml'], { cwd: join(ROOT, 'test/deploy') });
  });
});
