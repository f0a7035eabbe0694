import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Change } from '../../model/change.js';
import type { Diagnosis, FaultKind } from '../../model/diagnosis.js';
import type { SliceDimension, SlicedRequests, SliceTable } from '../../model/slices.js';
import { ALERT_TIME, estate } from '../support/estate.js';
import { randomOf } from '../support/random.js';

const BIN_SECONDS = 60;
const CULPRIT = 3;

/** Slices of one service that are bad, by dimension; each of the others is calm. */
type Bad = Partial<Record<SliceDimension, { all: string[]; bad: string[] }>>;

/** A small system in which one service's code became slow at the time of the alert. */
function incident(): { input: DiagnosisInput; culprit: string } {
  const { input, names } = estate({ seed: 7, faults: [{ service: CULPRIT, trouble: 'slow-code' }] });
  return { input: { ...input, anomaly: { ...input.anomaly, symptom: 'latency' } }, culprit: names[CULPRIT]! };
}

function tableOf(service: string, { window }: DiagnosisInput, dimensions: Bad): SliceTable {
  const bins = Math.floor((window.end - window.start) / BIN_SECONDS);
  const times = Float64Array.from({ length: bins }, (_, bin) => window.end - (bins - 1 - bin) * BIN_SECONDS);
  const read = Object.entries(dimensions).map(([dimension, { all, bad }]): SlicedRequests => ({
    ...{ dimension: dimension as SliceDimension, label: dimension, source: 'test', further: 0, named: null },
    queries: { time: 'up', failures: null },
    slices: all.map((value, index) => {
      const random = randomOf(index + 1);
      const requests = times.map(() => Math.round(100 * (1 + 0.1 * random.normal())));
      const isBad = (end: number): boolean => bad.includes(value) && end > ALERT_TIME;
      const seconds = requests.map(
        (count, bin) => count * (isBad(times[bin]!) ? 0.3 : 0.05) * (1 + 0.05 * random.normal()),
      );
      return { value, requests, seconds, failed: null };
    }),
  }));
  return { service, times, binSeconds: BIN_SECONDS, dimensions: read };
}

function diagnosed(dimensions: Bad, changes: Change[] = []): { diagnosis: Diagnosis; culprit: string } {
  const { input, culprit } = incident();
  const slices = [tableOf(culprit, input, dimensions)];
  return { diagnosis: diagnose({ ...input, changes, slices }), culprit };
}

const probabilityOf = ({ diagnosis, culprit }: ReturnType<typeof diagnosed>, kind: FaultKind): number =>
  diagnosis.suspects.find(({ service }) => service === culprit)?.faultKinds.find((one) => one.kind === kind)
    ?.probability ?? 0;

const scoreOf = ({ diagnosis, culprit }: ReturnType<typeof diagnosed>): number =>
  diagnosis.ranking.find(({ service }) => service === culprit)?.score ?? 0;

const PODS = ['pod-a', 'pod-b', 'pod-c', 'pod-d'];
const VERSIONS = { all: ['2.30', '2.31'], bad: ['2.31'] };

const deploy = (service: string, version: string): Change => ({
  ...{ id: `rollout-${version}`, kind: 'deploy', time: ALERT_TIME - 400, service },
  title: `image shop/${service}:${version}`,
  ...{ details: '', files: [], author: null, link: null, source: 'test' },
});

describe('evidence of slices', () => {
  const without = diagnosed({});

  it('speaks for code where one version is slow, and for the host where one instance is', () => {
    const byVersion = diagnosed({ version: VERSIONS });
    const byPod = diagnosed({ instance: { all: PODS, bad: ['pod-b'] } });
    assert.ok(probabilityOf(byVersion, 'code-change') > probabilityOf(without, 'code-change'), 'code change');
    assert.equal(probabilityOf(byVersion, 'host'), 0);
    assert.ok(probabilityOf(byPod, 'host') > probabilityOf(without, 'host'), 'host');
    assert.ok(probabilityOf(byPod, 'code-change') < probabilityOf(without, 'code-change'), 'no code change');
  });

  it('speaks for the service itself where a version or an instance suffers and others do not', () => {
    for (const dimensions of [{ version: VERSIONS }, { instance: { all: PODS, bad: ['pod-b'] } }] as Bad[]) {
      const one = diagnosed(dimensions);
      assert.ok(scoreOf(one) > scoreOf(without), JSON.stringify(dimensions));
      const told = one.diagnosis.suspects.find(({ service }) => service === one.culprit)!.evidence;
      assert.equal(told.filter(({ kind }) => kind === 'slice').length, 1);
    }
    // Near callees are called by what is in one zone, and endpoints call different ones.
    for (const dimension of ['zone', 'node', 'endpoint'] as const)
      assert.equal(
        scoreOf(diagnosed({ [dimension]: { all: ['a', 'b', 'c'], bad: ['b'] } })),
        scoreOf(without),
      );
  });

  it('takes what all bad instances have in common for what is bad', () => {
    const ofVersion = diagnosed({ version: VERSIONS, instance: { all: PODS, bad: ['pod-a', 'pod-c'] } });
    assert.equal(probabilityOf(ofVersion, 'host'), 0);
    const ofNode = diagnosed({
      instance: { all: PODS, bad: ['pod-a', 'pod-c'] },
      node: { all: ['n1', 'n2', 'n3'], bad: ['n1'] },
    });
    assert.ok(probabilityOf(ofNode, 'host') > 0, 'the node of two instances');
  });

  it('weighs half where the only bad instance is the only one of its version', () => {
    const sure = diagnosed({ version: VERSIONS });
    const confounded = diagnosed({ version: VERSIONS, instance: { all: PODS, bad: ['pod-a'] } });
    const code = (one: typeof sure): number => probabilityOf(one, 'code-change');
    assert.ok(code(confounded) < code(sure), `${code(confounded)} < ${code(sure)}`);
  });

  it('confirms nothing by itself', () => {
    assert.notEqual(diagnosed({ version: VERSIONS }).diagnosis.verdict.level, 'confirmed');
  });

  it('raises the change that brought the bad version, and clears one whose version suffers as all do', () => {
    const { culprit } = without;
    const judged = (dimensions: Bad, changes: Change[]) => diagnosed(dimensions, changes).diagnosis;
    const changes = [deploy(culprit, '2.31'), { ...deploy(culprit, '2.3'), time: ALERT_TIME - 300 }];
    assert.equal(judged({ version: VERSIONS }, changes).verdict.changeId, 'rollout-2.31');
    assert.equal(judged({}, changes).verdict.changeId, 'rollout-2.3', 'else the latest is the best guess');
    const alike = judged({ version: { ...VERSIONS, bad: VERSIONS.all } }, [deploy(culprit, '2.31')]);
    assert.equal(alike.verdict.changeId, null);
  });

  it('is told of each service, with what each slice lost', () => {
    const { diagnosis, culprit } = diagnosed({ version: VERSIONS });
    const [found] = diagnosis.slices!;
    assert.equal(found!.service, culprit);
    assert.deepEqual(
      found!.slices.map(({ value, lossShare }) => [value, lossShare]),
      [
        ['2.31', 1],
        ['2.30', 0],
      ],
    );
  });
});
