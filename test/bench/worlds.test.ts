import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFelt, answersOf, symptomsOf } from '../../bench/worlds/felt.js';
import { FAULT_TYPES } from '../../bench/worlds/faults.js';
import { makeCase, type WorldCase } from '../../bench/worlds/make-case.js';
import { randomOf } from '../../bench/worlds/random.js';
import { SITUATIONS } from '../../bench/worlds/situations.js';
import type { StyleName } from '../../bench/worlds/styles.js';
import { writeCase } from '../../bench/worlds/write.js';
import { kindsOf, readLabel } from '../../bench/rca/labels.js';
import { readCase } from '../../bench/rca/read-case.js';
import { CaseFolder } from './support/case-folder.js';

const cases = new Map<string, WorldCase>();
/** Each is simulated once, as they take a while. */
function caseOf(style: StyleName, fault: string | null, seed = 7): WorldCase {
  const key = `${style} ${fault} ${seed}`;
  const made = cases.get(key) ?? makeCase(randomOf(seed), { id: 'w7-000', style, fault });
  cases.set(key, made);
  return made;
}

const onsetTickOf = ({ onset, begin, style }: WorldCase): number => (onset - begin) / style.tickSeconds;

/** Median of the latencies in samples that lie wholly before and after the onset. */
function beforeAndAfter(item: WorldCase, samples: number[][]): [number, number] {
  const onset = (item.onset - item.begin) / item.style.stepSeconds;
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
  return [
    median(samples.slice(0, Math.floor(onset)).flat()),
    median(samples.slice(Math.ceil(onset) + 1).flat()),
  ];
}

describe('simulated worlds', function () {
  this.timeout(60_000);

  it('write the same bytes for the same seed and other ones for another', () => {
    const first = new CaseFolder();
    const files = [11, 11, 12].map((seed, run) => {
      const folder = writeCase(
        join(first.root, String(run)),
        makeCase(randomOf(seed), { id: 'w-1', style: 'container', fault: 'network-delay' }),
      );
      return ['metrics.csv.gz', 'alert.json', 'label.json'].map((name) =>
        readFileSync(join(folder, name)).toString('base64'),
      );
    });
    assert.deepEqual(files[0], files[1]);
    assert.notDeepEqual(files[0], files[2]);
    first.remove();
  });

  it("obey Little's law: as much time is spent in a service as arrivals and latency make", () => {
    const { recording } = caseOf('container', 'network-delay');
    for (const [index, samples] of recording.serverLatency.entries()) {
      const latencies = samples.flat();
      if (latencies.length === 0) continue;
      const seconds = recording.ticks * recording.tickSeconds;
      const total = (list: Float64Array): number => list.reduce((sum, value) => sum + value, 0);
      const inUse = total(recording.service.busySeconds[index]!) / seconds;
      const arrivals = total(recording.service.requests[index]!) / seconds;
      const latency = latencies.reduce((sum, value) => sum + value, 0) / latencies.length;
      assert(Math.abs(inUse - arrivals * latency) < 1e-6 * (1 + inUse), `service ${index}`);
    }
  });

  it('show a delay at a callee to its callers and not to itself', () => {
    // Without calls of its own, nothing that the service measures itself gets slower.
    let seed = 7;
    let item = caseOf('mesh', 'network-delay', seed);
    while (item.fault!.service.calls.length > 0) {
      item = caseOf('mesh', 'network-delay', ++seed);
    }
    assert(item.fault);
    const { world, fault, recording } = item;
    const answered = (edge: number): number => recording.clientLatency[edge]!.flat().length;
    const [call] = world.calls
      .filter(({ to }) => to === fault.service.index)
      .sort((a, b) => answered(b.edge) - answered(a.edge));
    assert(call);
    const [callerBefore, callerAfter] = beforeAndAfter(item, recording.clientLatency[call.edge]!);
    const [calleeBefore, calleeAfter] = beforeAndAfter(item, recording.serverLatency[call.to]!);
    assert(callerAfter > 1.3 * callerBefore, `${callerBefore} ${callerAfter}`);
    assert(calleeAfter < 1.2 * calleeBefore, `${calleeBefore} ${calleeAfter}`);
  });

  it('leave a downed service without its traffic while it is down', () => {
    const item = caseOf('infra', 'service-down');
    const { recording, fault } = item;
    assert(fault);
    const down = recording.service.down[fault.service.index]!;
    const requests = recording.service.requests[fault.service.index]!;
    assert(down.some((isDown) => isDown === 1));
    // The first tick down still answers what came in before it.
    for (let tick = onsetTickOf(item) + 10; tick < recording.ticks; tick += 1) {
      if (down[tick] === 1 && down[tick - 1] === 1 && down[tick - 2] === 1 && down[tick - 10] === 1)
        assert.equal(requests[tick], 0, `tick ${tick}`);
    }
  });

  for (const { name } of FAULT_TYPES) {
    it(`feel ${name} at the front, and blame nobody else in the label`, () => {
      const item = caseOf(name.startsWith('external') ? 'cloud' : 'container', name, 3);
      assert(isFelt(symptomsOf(answersOf(0, item.recording), onsetTickOf(item))));
      assert.equal(item.fault?.type, name);
      assert(item.world.visits[item.fault.service.index]! > 0);
    });

    it(`name ${name} by a word that the scoring knows`, () => {
      assert.notEqual(kindsOf(name).length, 0);
    });
  }

  it('are read by bench:rca, which learns neither fault nor culprit from a name', () => {
    const folder = new CaseFolder();
    for (const style of ['container', 'mesh', 'cloud', 'infra'] as const) {
      const item = caseOf(style, 'cpu-hog');
      const path = writeCase(folder.root, item);
      const { input, id } = readCase(path);
      assert.equal(input.anomaly.service, item.alertService.name);
      assert(input.series.length > 10);
      const visible = [
        id,
        path.slice(folder.root.length),
        readFileSync(join(path, 'alert.json'), 'utf8'),
      ].join(' ');
      for (const { name } of FAULT_TYPES) assert(!visible.includes(name), name);
    }
    folder.remove();
  });

  describe('in situations', () => {
    const inSituation = (name: string, style: StyleName = 'container', fault: string | null = 'cpu-hog') => {
      const situation = SITUATIONS.find((one) => one.name === name);
      assert.ok(situation, name);
      return makeCase(randomOf(5), { id: 'w5-000', style, fault, situation });
    };
    const samplesBeforeOnset = ({ onset, begin, style }: WorldCase): number =>
      Math.floor((onset - begin) / style.stepSeconds);

    it('leave no calm, or little of it', () => {
      assert.ok(samplesBeforeOnset(inSituation('no-calm')) <= 1);
      const short = inSituation('short-calm');
      assert.ok(samplesBeforeOnset(short) * short.style.stepSeconds <= 80);
      assert.ok(samplesBeforeOnset(short) >= 3);
    });

    it('let the alert come late, or early', () => {
      const late = inSituation('alert-late');
      assert.ok(late.anomalyTime - late.onset > 0.3 * late.style.afterSeconds);
      const early = inSituation('alert-early');
      assert.ok(early.anomalyTime < early.onset - 20);
    });

    it('hide the symptom of the alert', () => {
      const { columns, alertService } = inSituation('symptom-unseen', 'mesh');
      const seen = columns.filter(({ entity }) => entity.split('->').includes(alertService.name));
      assert.deepEqual(
        seen.filter(({ metric }) => /latency|error|request/u.test(metric)),
        [],
      );
      assert.ok(columns.some(({ metric }) => metric === 'latency-mean'));
    });

    it('blame calls that few requests make', () => {
      const { culprits, world } = inSituation('rare-calls');
      assert.ok(world.visits[culprits[0]!.index]! < 0.12);
    });

    it('make percentiles jump between the edges of buckets, and leave means exact', () => {
      const { columns } = inSituation('bucket-edges');
      /** Share of the samples that have the most frequent value, of the series where it is largest. */
      const mostRepeated = (name: string): number =>
        Math.max(
          ...columns
            .filter(({ metric }) => metric === name)
            .map(({ values }) => {
              const counts = new Map<number, number>();
              const finite = values.filter(Number.isFinite);
              for (const value of finite) counts.set(value, (counts.get(value) ?? 0) + 1);
              return Math.max(...counts.values()) / finite.length;
            }),
        );
      assert.ok(mostRepeated('latency-90') > 0.2, `${mostRepeated('latency-90')}`);
      assert.ok(mostRepeated('latency-mean') < 0.1, `${mostRepeated('latency-mean')}`);
    });

    it('wake idle gauges of the innocent to next to nothing', () => {
      const { columns, culprits, world } = inSituation('gauges-at-rest');
      const resting = columns.filter(({ metric, values }) => metric === 'cpu' && values[0]! < 2e-5);
      assert.ok(resting.length > 0);
      for (const { values, entity } of resting) {
        assert.ok(values.at(-1)! < 0.01 && values.at(-1)! > 100 * values[0]!);
        assert.notEqual(entity, culprits[0]!.name);
        assert.ok(world.services.some(({ name }) => name === entity));
      }
    });

    it('ship a leak long before it is felt, and an innocent release just before the alert', () => {
      const item = inSituation('slow-leak');
      const guilty = item.commits?.find(({ sha }) => sha === item.guilty);
      const decoy = item.commits?.find(({ sha }) => sha !== item.guilty);
      assert.ok(guilty && decoy);
      assert.equal(guilty.service, item.culprits[0]!.name);
      assert.notEqual(decoy.service, guilty.service);
      assert.ok(guilty.time < item.onset && decoy.time > item.onset);
      assert.ok(decoy.time < item.anomalyTime);
    });

    it('write changes as bench:rca reads them, the guilty one in the label alone', () => {
      const folder = new CaseFolder();
      const item = inSituation('guilty-change', 'mesh', 'code-bug');
      const path = writeCase(folder.root, item);
      const label = readLabel(path);
      assert.ok(label);
      assert.equal(label.commit, item.guilty);
      assert.equal(label.situation, 'guilty-change');
      assert.equal(label.decoys.length, item.commits!.length - 1);
      const { changes } = readCase(path).input;
      assert.equal(changes.length, item.commits!.length);
      folder.remove();
    });

    it('starve a host with all that runs on it, or all hosts and then nobody is to blame', () => {
      const host = inSituation('host-starved');
      assert.deepEqual(
        host.culprits,
        host.world.services.filter((one) => one.host === host.fault!.service.host && one.kind !== 'external'),
      );
      assert.deepEqual(inSituation('all-starved').culprits, []);
    });

    it('add a service that nothing calls', () => {
      const { columns, world } = inSituation('unlinked');
      const names = new Set(world.services.map(({ name }) => name));
      const strangers = new Set(columns.map(({ entity }) => entity).filter((name) => !names.has(name)));
      assert.equal(strangers.size, 1);
    });
  });

  it('say of a healthy case that nobody is to blame', () => {
    const folder = new CaseFolder();
    const path = writeCase(folder.root, caseOf('cloud', null));
    const label = JSON.parse(readFileSync(join(path, 'label.json'), 'utf8')) as Record<string, unknown>;
    assert.equal(label['root_cause_service'], null);
    assert.equal(label['inject_time'], null);
    folder.remove();
  });
});
