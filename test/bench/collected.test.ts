import assert from 'node:assert/strict';
import { loadPacks } from '../../activities/collect/index.js';
import { collectedName, RESOURCES, type CollectedName, type Described } from '../../bench/rca/collected.js';
import { readCase } from '../../bench/rca/read-case.js';
import { CaseFolder, wideTable } from './support/case-folder.js';

const described = (more: Partial<Described>): Described => ({
  of: 'service',
  signal: 'latency',
  unit: 's',
  perspective: 'server',
  words: ' latency p95 ',
  ...more,
});

describe('names of what is collected', () => {
  it('are those of the metric packs, with their units and who measured', async () => {
    const specs = (await loadPacks()).flatMap(({ signals }) => signals);
    const isDelivered = (of: Described['of'], wanted: CollectedName): boolean =>
      specs.some(
        (spec) =>
          spec.of === of && Object.entries(wanted).every(([key, value]) => spec[key as 'name'] === value),
      );
    const golden: Partial<Described>[] = [
      {},
      { words: ' latency p50 ' },
      { signal: 'errors', unit: '1', words: ' error rate ' },
      { signal: 'traffic', unit: 'req/s', words: ' load ' },
      { of: 'edge', perspective: 'client' },
      { of: 'edge', perspective: 'server' },
      { of: 'edge', perspective: 'client', signal: 'errors', unit: '1', words: ' error rate ' },
      { of: 'edge', perspective: 'client', signal: 'traffic', unit: 'req/s', words: ' calls ' },
    ];
    for (const one of golden) {
      const name = collectedName(described(one));
      assert.ok(name && isDelivered(one.of ?? 'service', name), JSON.stringify({ one, name }));
    }
    for (const { of, as } of RESOURCES) assert.ok(isDelivered(of, as), JSON.stringify(as));
  });

  it('are not given to what no pack reads', () => {
    const strange: Partial<Described>[] = [
      { words: ' cart lookup latency p95 ' },
      { perspective: 'client' },
      { words: ' latency ' },
      { signal: 'other', unit: '1/s', words: ' syscall read ' },
      { of: 'host', signal: 'traffic', unit: 'req/s', words: ' requests ' },
    ];
    for (const one of strange) assert.equal(collectedName(described(one)), null, JSON.stringify(one));
  });
});

describe('units of a case', () => {
  let folder: CaseFolder;
  beforeEach(() => (folder = new CaseFolder()));
  afterEach(() => folder.remove());

  const read = (columns: Parameters<typeof wideTable>[1]): Map<string, number> => {
    folder.write('one/metrics.csv', wideTable(10, columns));
    folder.write('one/alert.json', { anomaly_time: 1300, alert_service: 'user', step_seconds: 60 });
    const { series } = readCase(`${folder.root}/one`).input;
    return new Map(series.map(({ id, values }) => [id, values[9]!]));
  };

  it('are bytes and cores, also where the source tells mebibytes and millicores', () => {
    const values = read({ user__mem: () => 200, user__cpu: () => 50 });
    assert.deepEqual([values.get('user/memory'), values.get('user/cpu')], [200 * 1024 ** 2, 0.05]);
    assert.equal(read({ user__mem: () => 2e8, user__cpu: () => 2 }).get('user/cpu'), 2);
  });

  it('are shares from 0 to 1, and requests per second', () => {
    const values = read({
      'user__mem-rate': (row) => 80 + row,
      'user__requests-sum': () => 120,
      user__error: () => 0.5,
      'store__success-rate': () => 0,
    });
    assert.equal(values.get('user/memory-of-limit'), 0.89);
    assert.equal(values.get('user/request-rate'), 2);
    assert.equal(values.get('user/error-ratio'), 0.25);
    assert.equal(values.has('store/error-ratio'), false, 'a share that is never above 0 measures nothing');
  });

  it('belong to services of any name: only ENTRY is the view from outside', () => {
    const columns = ['user', 'entry', 'world'].map((name) => [`${name}__latency-p90`, () => 0.1] as const);
    const values = read(Object.fromEntries(columns));
    assert.deepEqual([...values.keys()], ['user/latency-p90', 'entry/latency-p90', 'world/latency-p90']);
  });
});
