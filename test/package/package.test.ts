import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, cp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time.js';
import { execa } from 'execa';
import { diagnosis } from '../../model/diagnosis.js';
import type { Finding } from '../../workers/doctor.js';
import { registerSearchAttributes } from '../../workers/dev/search-attributes.js';
import { testServer, uniqueName } from '../support/dev-server.js';
import { buildPackage, ROOT, type BuiltPackage } from './built-package.js';

const COMMANDS = [
  'start',
  'watch',
  'show',
  'list',
  'ack',
  'feedback',
  'cancel',
  'dev',
  'worker',
  'webhook',
  'doctor',
  'setup',
];

async function versionOf(root: string): Promise<string> {
  return (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

describe('the published package', function () {
  this.timeout(300_000);
  let built: BuiltPackage;
  let folder: string;
  let elsewhere: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-package-'));
    elsewhere = join(folder, 'elsewhere');
    await mkdir(elsewhere);
    built = await buildPackage(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs the program as a user does: from a folder of his own. */
  function faultline(args: string[], env: Record<string, string> = {}) {
    const program = join(built.directory, 'bin', 'faultline.js');
    return execa(process.execPath, [program, ...args], { cwd: elsewhere, env, reject: false });
  }

  /** What the code prints as JSON, run by plain Node.js. */
  async function evaluate(code: string): Promise<unknown> {
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', code], { cwd: elsewhere });
    return JSON.parse(stdout);
  }

  it('says its version and its commands', async () => {
    const { stdout: version } = await faultline(['--version']);
    assert.equal(version, await versionOf(ROOT));
    const { stdout: help } = await faultline(['--help']);
    for (const command of COMMANDS) assert.match(help, new RegExp(`^ +${command}\\b`, 'm'));
  });

  it('holds what it runs on, and neither sources, tests nor demos', () => {
    const needed = ['bin/faultline.js', 'dist/workers/faultline.js', 'dist/workflow-bundle.js', 'LICENSE'];
    for (const file of [...needed, 'dist/activities/analyse/thread.js', 'packs/otel-http.yml']) {
      assert.ok(built.files.includes(file), `${file} is missing`);
    }
    const strange = built.files.filter(
      (file) =>
        !/^(bin|dist|packs|docs|deploy)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(file) ||
        (/\.ts$/.test(file) && !/\.d\.ts$/.test(file)) ||
        /^dist\/(test|bench|examples|tools|workers\/demo)\//.test(file),
    );
    assert.deepEqual(strange, []);
  });

  it('finds the metric packs that come with it', async () => {
    const module = join(built.directory, 'dist/activities/collect/metrics/packs/load.js');
    const files = new Set(
      (await evaluate(`
        const { loadPacks } = await import(${JSON.stringify(module)});
        console.log(JSON.stringify((await loadPacks()).map(({ file }) => file)));`)) as string[],
    );
    const shipped = (await readdir(join(ROOT, 'packs'))).filter((name) => name.endsWith('.yml'));
    assert.equal(files.size, shipped.length);
    for (const file of files) assert.ok(file.includes('package/packs/'), file);
  });

  it('thinks in threads of its compiled code', async () => {
    const module = join(built.directory, 'dist/activities/analyse/analyse.js');
    const task = {
      place: { directory: join(elsewhere, 'store'), publicReports: false },
      evidence: [],
      input: {
        anomaly: { service: 'checkout', symptom: 'latency', time: 3600 },
        window: { start: 0, end: 3900, stepSeconds: 15 },
        graph: { services: ['checkout'], edges: [], placements: [], external: [] },
        ...{ changes: [], checks: [], gaps: [], spans: null, logs: null },
      },
    };
    const answer = await evaluate(`
      const { startAnalysisPool } = await import(${JSON.stringify(module)});
      const pool = startAnalysisPool();
      const diagnosis = await pool.run(${JSON.stringify(task)}, { timeoutMs: 60_000 });
      await pool.close();
      console.log(JSON.stringify(diagnosis));`);
    // Nothing was seen, so nothing may be concluded; what counts is that a thread said so.
    assert.equal(diagnosis.parse(answer).verdict.level, 'inconclusive');
  });

  it('runs a worker from the bundle that was built, and ends it in good order', async () => {
    const server = await testServer();
    const namespace = uniqueName('package');
    await server.connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await registerSearchAttributes(server.connection, namespace);
    await writeFile(
      join(elsewhere, 'faultline.yml'),
      'metrics: { type: prometheus, url: "http://127.0.0.1:9" }\n',
    );
    const env = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: namespace };
    const worker = faultline(['worker'], env);
    try {
      let worst = 'failed';
      while (worst !== 'ok' && worker.exitCode === null) {
        const seen = await faultline(['doctor', '--only', 'temporal', '--json'], env);
        const { findings } = JSON.parse(seen.stdout) as { findings: Finding[] };
        worst = findings.find(({ status }) => status !== 'ok')?.status ?? 'ok';
      }
      assert.equal(worst, 'ok');
    } finally {
      worker.kill('SIGTERM');
    }
    const { exitCode, stderr } = await worker;
    assert.equal(exitCode, 0, stderr);
    assert.equal(/bundl/i.test(stderr), false, 'it bundled its workflows at its start');
  });
});

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
