import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { execa, type Result } from 'execa';
import { CaseFolder, wideTable } from './support/case-folder.js';

const OPTIONS = { reject: false, timeout: 60_000 } as const;
type Answer = Result<typeof OPTIONS>;

/** Answers of a run: exit code, standard output and error. */
async function bench(...args: string[]): Promise<Answer> {
  return execa(process.execPath, ['--import', 'tsx', 'bench/rca/main.ts', ...args], OPTIONS);
}

describe('npm run bench:rca', function () {
  this.timeout(90_000);
  let folder: CaseFolder;
  beforeEach(() => {
    folder = new CaseFolder();
    const slow = (row: number): number => 0.1 + 0.001 * ((row * 7) % 5) + (row >= 40 ? 2 : 0);
    const steady = (row: number): number => 0.1 + 0.001 * ((row * 7) % 5);
    for (const [id, guilty] of [
      ['x-1', 'cart'],
      ['x-2', 'store'],
    ] as const) {
      const latency = (service: string): ((row: number) => number) => (service === guilty ? slow : steady);
      folder.write(
        `deep/${id}/metrics.csv.gz`,
        wideTable(50, {
          'cart__latency-p90': latency('cart'),
          'store__latency-p90': latency('store'),
        }),
      );
      folder.write(`deep/${id}/alert.json`, {
        case_id: id,
        dataset: 'x',
        anomaly_time: 1000 + 60 * 40,
        alert_service: 'cart',
      });
      folder.write(`deep/${id}/label.json`, { case_id: id, root_cause_service: guilty, fault_type: 'delay' });
    }
  });
  afterEach(() => folder.remove());

  it('counts who is blamed where nobody is to blame', async () => {
    folder.write(
      'healthy/metrics.csv.gz',
      wideTable(50, { 'cart__latency-p90': (row) => 0.1 + 0.001 * ((row * 7) % 5) }),
    );
    folder.write('healthy/alert.json', {
      case_id: 'h',
      dataset: 'x',
      anomaly_time: 1000 + 60 * 40,
      alert_service: 'cart',
    });
    folder.write('healthy/label.json', { case_id: 'h', root_cause_service: null, fault_type: 'none' });
    const { stdout } = await bench(folder.root, '--json', '--no-baselines');
    const { variants } = JSON.parse(stdout) as { variants: { innocent: unknown }[] };
    assert.deepEqual(variants[0]?.innocent, { cases: 1, blamed: 0, told: 0, confirmed: 0 });
  });

  it('scores, compares, and writes rankings in the form of the data', async () => {
    const rankings = `${folder.root}/out.json`;
    const { exitCode, stdout } = await bench(folder.root, '--rankings', rankings, '--json');
    assert.equal(exitCode, 0);
    const printed = JSON.parse(stdout) as {
      cases: number;
      variants: { groups: { ac1: number }[] }[];
      methods: { method: string }[];
    };
    assert.equal(printed.cases, 2);
    assert.equal(printed.variants[0]?.groups[0]?.ac1, 1);
    assert.deepEqual(
      printed.methods.slice(0, 9).map(({ method }) => method),
      [
        'random',
        'alerting service',
        'largest z',
        'n-sigma',
        'BARO robust score',
        'PageRank (MicroRCA)',
        'SimpleRCA',
        'accounts',
        'Faultline',
      ],
    );
    const written = JSON.parse(readFileSync(rankings, 'utf8')) as Record<string, Record<string, unknown>>;
    assert.deepEqual(Object.keys(written), ['x-1', 'x-2']);
    assert.deepEqual(Object.keys(written['x-2']!), [
      'services',
      'commit',
      'faultKind',
      'confidence',
      'verdict',
    ]);
    assert.equal((written['x-2']!.services as string[])[0], 'store');
    assert.equal(written['x-2']!.commit, 'none');
  });

  it('prints tables for people', async () => {
    const { stdout } = await bench(folder.root);
    for (const heading of [
      'Root cause service',
      'Reliability by data set',
      'Risk against coverage',
      'Reliability',
      'Expected calibration error',
      'Beside reference methods',
      'peak memory',
    ]) {
      assert.ok(stdout.includes(heading), heading);
    }
  });

  it('takes several folders, and each case once', async () => {
    const { stdout } = await bench(`${folder.root}/deep/x-1`, folder.root, '--json', '--no-baselines');
    assert.equal((JSON.parse(stdout) as { cases: number }).cases, 2);
  });

  it('goes on after a broken case, names it, and ends with exit code 1', async () => {
    folder.write('deep/a-broken/alert.json', '{ "anomaly_time": ');
    folder.write('deep/x-2/label.json', { root_cause_service: 7 });
    const { exitCode, stdout, stderr } = await bench(folder.root, '--no-baselines');
    assert.equal(exitCode, 1);
    assert.match(stderr, /broken case, left out: .*deep\/a-broken: alert\.json/u);
    assert.match(stderr, /broken case, left out: .*deep\/x-2\/label\.json .*root_cause_service/su);
    assert.match(stdout, /│ all +│ all +│ +1 │/u);
  });

  it('only answers where there are no labels', async () => {
    for (const id of ['x-1', 'x-2']) folder.delete(`deep/${id}/label.json`);
    const rankings = `${folder.root}/out.json`;
    const { exitCode, stdout } = await bench(folder.root, '--rankings', rankings);
    assert.equal(exitCode, 0);
    assert.match(stdout, /2 cases answered; none has a label/u);
    assert.equal(Object.keys(JSON.parse(readFileSync(rankings, 'utf8')) as object).length, 2);
  });

  it('refuses evidence that it does not know, and a folder without cases', async () => {
    const unknown = await bench(folder.root, '--without', 'traces,tea');
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /"tea" is not one of traces, logs/u);
    const empty = new CaseFolder();
    const none = await bench(empty.root);
    empty.remove();
    assert.equal(none.exitCode, 1);
    assert.match(none.stderr, /holds no case/u);
    const missing = await bench(`${empty.root}/elsewhere`);
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /^\S+elsewhere: is not there; expected a folder that holds cases/u);
  });
});
