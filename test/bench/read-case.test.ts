import assert from 'node:assert/strict';
import { BrokenCase, findCases, readCase } from '../../bench/rca/read-case.js';
import type { Series } from '../../model/series.js';
import { CaseFolder, wideTable } from './support/case-folder.js';

describe('reading a case', () => {
  let folder: CaseFolder;
  beforeEach(() => (folder = new CaseFolder()));
  afterEach(() => folder.remove());

  const write = (columns: Parameters<typeof wideTable>[1], alert: object = {}, graph?: object): string => {
    folder.write('set/one/metrics.csv.gz', wideTable(10, columns));
    folder.write('set/one/alert.json', {
      case_id: 'one',
      dataset: 'made-up',
      anomaly_time: 1300,
      alert_service: 'front',
      alert_metric: 'latency-p90',
      step_seconds: 60,
      ...alert,
    });
    if (graph) folder.write('set/one/graph.json', graph);
    return `${folder.root}/set/one`;
  };
  const seriesOf = (path: string, id: string): Series => {
    const { input } = readCase(path);
    const series = input.series.find((candidate) => candidate.id === id);
    assert.ok(series, `${id} is not among ${input.series.map((one) => one.id).join(', ')}`);
    return series;
  };

  it('splits a column at the last double underscore', () => {
    const series = seriesOf(
      write({ 'pay__ments:a.b c__latency-p90': () => 0.1 }),
      'pay__ments:a.b c/latency-p90',
    );
    assert.deepEqual(series.subject, { kind: 'service', service: 'pay__ments:a.b c' });
    assert.equal(series.query, 'pay__ments:a.b c__latency-p90');
  });

  it('keeps an empty cell as a gap', () => {
    const { values } = seriesOf(
      write({ front__load: (row) => (row === 3 ? '' : row) }),
      'front/request-rate',
    );
    assert.deepEqual([...values].map(Number.isNaN).indexOf(true), 3);
    assert.equal(values[4], 4);
  });

  it('takes time, service, symptom and window from the alert and the table', () => {
    const { id, dataset, input } = readCase(write({ front__load: () => 1 }));
    assert.deepEqual([id, dataset], ['one', 'made-up']);
    assert.deepEqual(input.anomaly, { service: 'front', symptom: 'latency', time: 1300 });
    assert.deepEqual(input.window, { start: 1000, end: 1540, stepSeconds: 60 });
    assert.equal(input.spans, null);
    assert.equal(input.logs, null);
    assert.deepEqual(input.changes, []);
  });

  it('never reads the label', () => {
    const path = write({ front__load: () => 1 });
    const before = JSON.stringify(readCase(path));
    folder.write('set/one/label.json', 'not even JSON');
    assert.equal(JSON.stringify(readCase(path)), before);
  });

  it('makes do with an alert that only has a time', () => {
    const path = write(
      { front__load: () => 1, back__load: () => 1 },
      { alert_service: null, alert_metric: null, step_seconds: null, case_id: undefined },
      { edges: [['front', 'back']], direction: 'caller->callee' },
    );
    const { id, input } = readCase(path);
    assert.equal(id, 'one');
    assert.equal(input.anomaly.service, 'front', 'the front door is who calls and is not called');
    assert.equal(input.anomaly.symptom, 'other');
    assert.equal(input.window.stepSeconds, 60);
  });

  it('looks at the loudest service when neither alert nor graph names one', () => {
    const path = write(
      {
        a__latency: (row) => 0.1 + 0.001 * (row % 2),
        b__latency: (row) => (row < 5 ? 0.1 + 0.001 * (row % 2) : 2),
      },
      { alert_service: null },
    );
    assert.equal(readCase(path).input.anomaly.service, 'b');
  });

  it('turns a graph of effects around', () => {
    const path = write(
      { front__load: () => 1 },
      {},
      { edges: [['back', 'front']], direction: 'callee->caller' },
    );
    const [edge] = readCase(path).input.graph.edges;
    assert.deepEqual([edge?.caller, edge?.callee], ['front', 'back']);
  });

  it('reads calls from series of calls, with who measured', () => {
    const path = write({
      'front->back__edge-latency-p50-caller': () => 0.2,
      'front->back__edge-latency-p50-callee': () => 0.1,
    });
    const { graph, series } = readCase(path).input;
    assert.deepEqual(
      graph.edges.map(({ caller, callee }) => [caller, callee]),
      [['front', 'back']],
    );
    assert.deepEqual(graph.services, ['front', 'back']);
    assert.deepEqual(
      series.map(({ perspective }) => perspective),
      ['client', 'server'],
    );
  });

  it('takes a view from outside for calls to the alerting service', () => {
    const { subject } = seriesOf(
      write({ 'ENTRY__latency-p90': () => 0.2 }),
      'ENTRY->front/client-latency-p90',
    );
    assert.deepEqual(subject, { kind: 'edge', caller: 'ENTRY', callee: 'front' });
    assert.ok(!readCase(`${folder.root}/set/one`).input.graph.services.includes('ENTRY'));
  });

  it('puts services with equal host metrics on one host, and keeps that host once', () => {
    const path = write({
      'a__node-cpu-rate': (row) => row,
      'b__node-cpu-rate': (row) => row,
      'c__node-cpu-rate': (row) => row * 2,
      a__load: () => 1,
      b__load: () => 1,
      c__load: () => 1,
    });
    const { graph, series } = readCase(path).input;
    assert.deepEqual(
      graph.placements.map(({ service, host }) => [service, host]),
      [
        ['a', 'host of a'],
        ['b', 'host of a'],
        ['c', 'host of c'],
      ],
    );
    assert.equal(series.filter(({ subject }) => subject.kind === 'host').length, 2);
  });

  it('does not believe in a shared host because of constant host metrics', () => {
    const path = write({ 'a__node-up': () => 1, 'b__node-up': () => 1, a__load: () => 1, b__load: () => 1 });
    assert.deepEqual(readCase(path).input.graph.placements, []);
  });

  it('takes an entity with nothing but host metrics for a host', () => {
    const path = write({ 'vm-7__node_cpu_utilization_ratio': (row) => row / 10, front__load: () => 1 });
    assert.deepEqual(seriesOf(path, 'vm-7/cpu').subject, {
      kind: 'host',
      host: 'vm-7',
    });
    assert.deepEqual(readCase(path).input.graph.services, ['front']);
  });

  it('turns a counter that only rises into a rate', () => {
    const { values } = seriesOf(
      write({ front__lookup_failed_total: (row) => (row < 4 ? 0 : (row - 3) * 30) }),
      'front/lookup_failed_total',
    );
    assert.ok(Number.isNaN(values[0]));
    assert.deepEqual([...values.slice(1)], [0, 0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  });

  it('leaves a total that goes up and down alone', () => {
    const { values } = seriesOf(write({ front__errors_total: (row) => row % 3 }), 'front/errors_total');
    assert.deepEqual([...values.slice(0, 4)], [0, 1, 2, 0]);
  });

  it('brings milliseconds, percentages and bare large latencies to base units', () => {
    const path = write({
      front__duration_ms: () => 250,
      'front__success-rate': (row) => (row < 5 ? 100 : 80),
      back__latency: () => 400,
    });
    assert.equal(seriesOf(path, 'front/duration_ms').values[0], 0.25);
    assert.equal(seriesOf(path, 'front/error-ratio').values[9]?.toFixed(6), '0.200000');
    assert.equal(seriesOf(path, 'back/latency').values[0], 0.4, 'no service answers in 400 seconds');
  });

  describe('with traces, logs and changes', () => {
    it('places spans around the alert and calm ones before the window', () => {
      const path = write({ front__load: () => 1 }, { baseline_files: ['_calm/day.traces.csv.gz'] });
      const header = 'trace,span,parent,service,operation,start_ms,duration_us';
      folder.write(
        'set/one/traces.csv',
        `${header}\n0,7,-1,front,GET,-2000,1500000\n0,8,7,back,read,-1900,1000000\n1,9,5,back,read,3000,10\n`,
      );
      folder.write(
        '_calm/day.traces.csv.gz',
        `${header}\n0,0,-1,front,GET,0,1000000\n0,1,0,back,read,500,500000\n`,
      );
      const { spans, graph } = readCase(path).input;
      assert.ok(spans);
      assert.deepEqual([...spans.parent], [-1, 0, -1, 2, -2]);
      assert.deepEqual([...spans.trace], [0, 0, 1, 1, 2]);
      assert.deepEqual([...spans.start], [999, 999.5, 1298, 1298.1, 1303]);
      assert.deepEqual([...spans.duration.slice(0, 3)], [1, 0.5, 1.5]);
      assert.deepEqual([...spans.failed], [255, 255, 255, 255, 255]);
      assert.deepEqual(
        graph.edges.map(({ caller, callee, learntFrom }) => [caller, callee, learntFrom.source]),
        [['front', 'back', 'traces']],
      );
    });

    it('reads traces in JSON whose later spans only say "same"', () => {
      const path = write({ front__load: () => 1 });
      const at = new Date(1_310_000).toISOString();
      folder.write('set/one/traces.json.gz', [
        {
          trace_id: 't',
          span_id: 'a',
          parent_id: null,
          service: 'front',
          name: 'GET',
          start: at,
          duration_ms: 20,
          status: 'OK',
        },
        {
          trace_id: 'same',
          span_id: 'b',
          parent_id: 'a',
          service: 'back',
          name: 'read',
          start: at,
          duration_ms: 10,
          status: 'ERROR',
        },
      ]);
      const { spans } = readCase(path).input;
      assert.ok(spans);
      assert.deepEqual(
        [[...spans.trace], [...spans.parent], [...spans.failed]],
        [
          [0, 0],
          [-1, 0],
          [0, 1],
        ],
      );
      assert.equal(spans.start[0], 1310);
    });

    it('reads log lines with their level and what they say', () => {
      const path = write({ front__load: () => 1 });
      folder.write(
        'set/one/logs.csv.gz',
        't_ms,service,trace,message\n-1500,front,-1,"{""message"":""cart is gone"",""severity"":""error""}"\n0,back,3,WARN slow\n',
      );
      const logs = readCase(path).input.logs!;
      assert.deepEqual(logs.kinds, [
        { service: 'front', level: 'error', template: 'cart is gone', example: 'cart is gone' },
        { service: 'back', level: 'warn', template: 'WARN slow', example: 'WARN slow' },
      ]);
      assert.deepEqual([...logs.time], [1298, 1300]);
    });

    it('reads lines of JSON and keeps what their other fields say', () => {
      const path = write({ front__load: () => 1 });
      const line = {
        timestamp: new Date(1_299_000).toISOString(),
        service: 'front',
        severity_text: 'FATAL',
        msg: 'down',
        'db.statement': 'SELECT 1',
        trace_id: 'x',
      };
      folder.write('set/one/logs.ndjson.gz', `${JSON.stringify(line)}\n\n`);
      const logs = readCase(path).input.logs!;
      assert.deepEqual(
        logs.kinds.map(({ service, level, example }) => [service, level, example]),
        [['front', 'error', 'down db.statement=SELECT 1']],
      );
      assert.deepEqual([...logs.time], [1299]);
    });

    it('makes a change of every deploy, of every commit without one, and of every flag', () => {
      const path = write({ front__load: () => 1 });
      const at = (second: number): string => new Date(second * 1000).toISOString();
      folder.write('set/one/context/commits.json', [
        {
          sha: 'aaaaaaaa',
          timestamp: at(1000),
          message: 'feat: one\n\nmore',
          files_changed: ['a.go'],
          diff: '@@\n-x\n+y',
          author: 'ann',
        },
        { sha: 'bbbbbbbb', timestamp: at(1010), message: 'fix: two', files_changed: [], diff: null },
      ]);
      folder.write('set/one/context/deploys.json', [
        { timestamp: at(1200), service: 'front', commit_sha: 'aaaaaaaa' },
      ]);
      folder.write('set/one/context/flags.json', [
        { timestamp: at(1100), flag: 'new_cart', service: 'back', change: 'off->on' },
      ]);
      const { changes } = readCase(path).input;
      assert.deepEqual(
        changes.map(({ id, kind, time, service, title }) => [id, kind, time, service, title]),
        [
          ['bbbbbbbb', 'other', 1010, null, 'fix: two'],
          [`flag:new_cart@${at(1100)}`, 'flag', 1100, 'back', 'flag new_cart off->on'],
          ['aaaaaaaa', 'deploy', 1200, 'front', 'feat: one'],
        ],
      );
      assert.equal(changes[2]?.details, 'feat: one\n\nmore\n\n@@\n-x\n+y');
    });
  });

  describe('when it is broken', () => {
    const complains = (path: string, about: RegExp): void => {
      assert.throws(
        () => readCase(path),
        (error: unknown) => error instanceof BrokenCase && about.test(error.message),
      );
    };

    it('names the case and the field that the alert lacks', () => {
      complains(
        write({ front__load: () => 1 }, { anomaly_time: 'noon' }),
        /set\/one: alert\.json .*anomaly_time/su,
      );
    });

    it('says that the metrics are missing, empty or of another form', () => {
      const path = write({ front__load: () => 1 });
      folder.write('set/two/alert.json', { anomaly_time: 5 });
      complains(`${folder.root}/set/two`, /metrics\.csv is missing/u);
      folder.write('set/one/metrics.csv', 'time,front__load\n');
      complains(path, /metrics\.csv has no rows/u);
      folder.write('set/one/metrics.csv', 'time,load\n1,2\n');
      complains(path, /column "load", expected <service>__<metric>/u);
    });

    it('names the file of the context that is no list', () => {
      const path = write({ front__load: () => 1 });
      folder.write('set/one/context/deploys.json', {});
      complains(path, /context\/deploys\.json: is not a list/u);
    });
  });

  it('finds cases at any depth, in the order of their folders', () => {
    write({ front__load: () => 1 });
    folder.write('set/deep/er/metrics.csv', 'time,a__load\n1,1\n');
    folder.write('set/notes/readme.txt', 'no case');
    assert.deepEqual(findCases(folder.root), [`${folder.root}/set/deep/er`, `${folder.root}/set/one`]);
  });
});
