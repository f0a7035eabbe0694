import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { msToTs } from '@temporalio/common/lib/time.js';
import axios from 'axios';
import { execa } from 'execa';
import getPort from 'get-port';
import { stringify } from 'yaml';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import type { IncidentRecord } from '../../model/incident.js';
import { recordedAlert, recordedMetrics } from '../../workers/demo/recorded-incident.js';
import { registerSearchAttributes } from '../../workers/dev/search-attributes.js';
import { testServer, uniqueName } from '../support/dev-server.js';
import { replayDockerfile, ROOT, type Installed } from './replay-dockerfile.js';

const HOST = '127.0.0.1';
const FAULT = 'payment-latency';
const TOKEN = 'token-of-the-test';

/** A start that loads its own code only stays below; today's target is 0.3 s, and an empty Node.js takes 0.05 s. */
const CPU_RATIO = 6;

interface LockedPackage {
  version: string;
  dev?: true;
  optional?: true;
}

/** What package-lock.json has at each path: what the tests ran with. */
async function lockedPackages(): Promise<Record<string, LockedPackage>> {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  return Object.fromEntries(Object.entries(lock.packages).filter(([path]) => path !== ''));
}

async function versionOf(folder: string): Promise<string> {
  return (JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

describe('the packed product', function () {
  // A minute or two on two idle cores, most of it npm's; ten times that on a busy machine.
  this.timeout(1_800_000);
  let folder: string;
  let elsewhere: string;
  let installed: Installed;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-package-'));
    elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    installed = await replayDockerfile(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs the program as a user does: from a folder of their own. */
  function faultline(args: string[], env: Record<string, string> = {}) {
    const [program, ...rest] = installed.entryPoint;
    return execa(process.execPath, [join(installed.directory, program!), ...rest, ...args], {
      cwd: elsewhere,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      extendEnv: false,
      reject: false,
      all: true,
    });
  }

  it('gives checks of one’s own their function and its types', async () => {
    const module = join(elsewhere, 'own.mjs');
    await writeFile(
      module,
      `import { defineCheck } from 'faultline';
       export default defineCheck({ id: 'own', service: 'payment', ask: () => 7, isTrouble: () => false, statement: String });`,
    );
    const child = join(installed.directory, 'dist/activities/check/probes/module-child.js');
    const question = { check: 'own', service: 'payment', timeoutMs: 5000, settings: {} };
    const { stdout } = await execa(process.execPath, [child, module], { input: JSON.stringify(question) });
    assert.deepEqual(JSON.parse(stdout), {
      results: [{ outcome: 'passed', statement: '7', speaksFor: null }],
    });
    const { exports } = JSON.parse(await readFile(join(installed.directory, 'package.json'), 'utf8')) as {
      exports: { '.': { types: string; default: string } };
    };
    for (const path of Object.values(exports['.'])) {
      assert.match(await readFile(join(installed.directory, path), 'utf8'), /defineCheck/, path);
    }
  });

  it('has the locked version of every production package, and no other package', async () => {
    const locked = await lockedPackages();
    for (const [path, { version, dev, optional }] of Object.entries(locked)) {
      const place = join(installed.directory, path);
      if (dev) assert.equal(existsSync(place), false, `${path} is for development`);
      else if (existsSync(place)) assert.equal(await versionOf(place), version, path);
      else assert.equal(optional, true, `${path} is missing`);
    }
    const tree = await readFile(join(installed.directory, 'node_modules/.package-lock.json'), 'utf8');
    const strange = Object.keys((JSON.parse(tree) as { packages: object }).packages).filter(
      (path) => locked[path] === undefined,
    );
    assert.deepEqual(strange, []);
  });

  it('names no registry in its lock files', async () => {
    for (const file of [join(ROOT, 'package-lock.json'), join(installed.directory, 'npm-shrinkwrap.json')]) {
      assert.doesNotMatch(await readFile(file, 'utf8'), /"resolved"/, file);
    }
  });

  it('holds what it runs on, and neither sources, tests nor demos', async () => {
    const files = (await readdir(installed.directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(installed.directory.length + 1))
      .filter((file) => !file.startsWith('node_modules/'));
    const needed = [
      'LICENSE',
      'NOTICE',
      'bin/healthcheck.js',
      'dist/workflow-bundle.js',
      'packs/otel-http.yml',
    ];
    for (const file of needed) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    const strange = files.filter(
      (file) =>
        !/^(bin|dist|packs|docs|deploy)\/|^(package|npm-shrinkwrap)\.json$|^[A-Z]+(\.md)?$/.test(file) ||
        // Types are for those who write checks of their own.
        (/\.tsx?$/.test(file) && !file.endsWith('.d.ts')) ||
        /^dist\/(test|bench|examples|tools|workers\/demo)\//.test(file),
    );
    assert.deepEqual(strange, []);
  });

  it('explains each of its commands', async () => {
    const { stdout: help } = await faultline(['--help']);
    const commands = [...help.matchAll(/^ {2}([a-z][\w-]*)(?:\|| |$)/gm)].map(([, name]) => name!);
    for (const command of ['start', 'list', 'show', 'dev', 'worker', 'webhook', 'doctor', 'setup']) {
      assert.ok(commands.includes(command), `${command} is not among ${commands.join(', ')}`);
    }
    for (const command of commands.filter((name) => name !== 'help')) {
      const { exitCode, all, stdout } = await faultline([command, '--help']);
      assert.equal(exitCode, 0, all);
      assert.match(stdout, new RegExp(`^Usage: faultline ${command}\\b`), command);
    }
  });

  it('needs little more CPU for its version and its help than an empty Node.js', async () => {
    const cpuSeconds = async (args: string[]): Promise<number> => {
      const report = `process.on('exit', () => {
        const { user, system } = process.cpuUsage();
        process.stderr.write('cpu ' + (user + system) / 1e6 + '\\n');
      });`;
      const preload = `data:text/javascript,${encodeURIComponent(report)}`;
      const runs: number[] = [];
      for (let run = 0; run < 3; run += 1) {
        const { stderr } = await execa(process.execPath, ['--import', preload, ...args], { cwd: elsewhere });
        runs.push(Number(/^cpu ([\d.]+)$/m.exec(stderr)?.[1]));
      }
      return Math.min(...runs);
    };
    const program = join(installed.directory, installed.entryPoint[0]!);
    const empty = await cpuSeconds(['-e', '0']);
    for (const option of ['--version', '--help']) {
      const used = await cpuSeconds([program, option]);
      const ratio = used / empty;
      assert.ok(ratio < CPU_RATIO, `${option}: ${used} s of CPU, ${ratio.toFixed(1)} times an empty Node.js`);
    }
  });

  it('diagnoses a recorded incident with worker and receiver on a real Temporal server', async () => {
    const { address, connection } = await testServer();
    const namespace = uniqueName('package');
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await registerSearchAttributes(connection, namespace);
    const playAt = Math.round(Date.now() / 1000) - 15;
    const workerPort = await getPort({ host: HOST });
    await writeFile(
      join(elsewhere, 'faultline.yml'),
      stringify({
        environment: 'package',
        metrics: { type: 'recording', file: recordedMetrics(FAULT), playAt },
        diagnosis: { baselineSeconds: 150, afterSeconds: 300, stepSeconds: 5 },
        topology: { services: [{ name: 'bank', external: true }] },
        // A busy machine may take longer than the two seconds after which a sender is told to come back.
        webhook: { port: 0, acceptTimeoutSeconds: 60, auth: { type: 'bearer', tokens: [TOKEN] } },
        worker: { port: workerPort },
        triage: { settleSeconds: 0 },
        store: { directory: './store' },
      }),
    );
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace };
    const incidents = createIncidents(openTemporal({ env }));
    const worker = faultline(['worker'], env);
    const receiver = faultline(['webhook'], env);
    const listening = printed(receiver, /Webhook\s+(http:\S+)/);
    try {
      const health = `http://${HOST}:${workerPort}`;
      await until(worker, async () => (await fetch(`${health}/readyz`).catch(() => null))?.status === 200);
      const probe = join(installed.directory, 'bin/healthcheck.js');
      assert.equal((await execa(process.execPath, [probe, `${health}/readyz`])).exitCode, 0);

      const [, url] = await listening;
      const headers = { Authorization: `Bearer ${TOKEN}` };
      await axios.post(url!, await recordedAlert(FAULT, playAt), { headers });
      let id: string | undefined;
      await until(worker, async () => {
        const { incidents: found } = await incidents.list({ environment: ['package'] }, { limit: 1 });
        id = found[0]?.id;
        return found[0]?.verdict != null;
      });

      const shown = await faultline(['show', id!, '--json'], env);
      assert.equal(shown.exitCode, 0, shown.all);
      const { diagnosis } = JSON.parse(shown.stdout) as IncidentRecord;
      assert.equal(diagnosis?.verdict.service, 'payment');

      const metrics = await (await fetch(`${health}/metrics`)).text();
      assert.match(metrics, /^temporal_activity_execution_latency\w*_count\{.*activity_type="\w+"/m);
      const doctor = await faultline(['doctor', '--json'], env);
      const { findings } = JSON.parse(doctor.stdout) as { findings: { status: string }[] };
      assert.deepEqual(
        findings.filter(({ status }) => status === 'failed'),
        [],
      );
    } finally {
      await incidents.close();
      worker.kill('SIGTERM');
      receiver.kill('SIGTERM');
    }
    for (const ended of [await worker, await receiver]) assert.equal(ended.exitCode, 0, ended.all);
    assert.doesNotMatch((await worker).all, /webpack|bundl/i, 'it bundled its workflows at its start');
  });

  it('runs everything in one process with a Temporal server of its own', async () => {
    const file = join(elsewhere, 'dev.yml');
    await writeFile(file, stringify({ metrics: { type: 'prometheus', url: `http://${HOST}:9` } }));
    const ports = ['--temporal-port', '0', '--ui-port', '0', '--webhook-port', '0', '--metrics-port', '0'];
    const dev = faultline(['dev', '--config', file, '--ephemeral', ...ports]);
    try {
      await printed(dev, /Ctrl-C ends it/);
    } finally {
      dev.kill('SIGTERM');
    }
    const { exitCode, all } = await dev;
    assert.equal(exitCode, 0, all);
  });
});

/** Waits until `holds`; fails when the process ends before. */
async function until(child: { exitCode: number | null }, holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    assert.equal(child.exitCode, null, 'the process has ended');
    await sleep(200);
  }
}

/** Waits until the process has printed something. */
function printed({ all: output }: { all: Readable }, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = '';
    output.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match) resolve(match);
    });
    output.once('end', () => {
      reject(new Error(`the process ended without printing ${String(pattern)}; it printed: ${text}`));
    });
  });
}

describe('the program in a checkout', () => {
  it('runs its sources, from any folder', async function () {
    this.timeout(60_000);
    // A checkout in which nothing was built, whatever the real one holds.
    const checkout = await mkdtemp(join(tmpdir(), 'faultline-checkout-'));
    try {
      await cp(join(ROOT, 'bin'), join(checkout, 'bin'), { recursive: true });
      for (const name of ['package.json', 'workers', 'node_modules']) {
        await symlink(join(ROOT, name), join(checkout, name));
      }
      const program = join(checkout, 'bin', 'faultline.js');
      const { stdout } = await execa(process.execPath, [program, '--version'], { cwd: tmpdir() });
      assert.equal(stdout, await versionOf(ROOT));
    } finally {
      await rm(checkout, { recursive: true, force: true });
    }
  });
});
