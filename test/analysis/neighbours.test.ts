import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Diagnosis, Evidence } from '../../model/diagnosis.js';
import type { Series, Subject } from '../../model/series.js';
import { randomOf } from '../support/random.js';

const ALERT = 1_700_000_000;
const STEP = 15;
const BEFORE = 120;
const ROWS = 140;

interface Told {
  subject: Subject;
  signal: 'latency' | 'errors';
  before: number;
  after: number;
  /** Rows after the alert. */
  delay?: number;
}

/** A series that goes from one level to another, with a twentieth of noise. */
function told({ subject, signal, before, after, delay = 0 }: Told): Series {
  const of = subject.kind === 'edge' ? `${subject.caller}>${subject.callee}` : JSON.stringify(subject);
  const random = randomOf(Array.from(of).reduce((sum, letter) => sum + letter.charCodeAt(0), 0));
  return {
    id: `${of} ${signal}`,
    subject,
    signal,
    name: signal === 'latency' ? 'latency-50' : 'error-ratio',
    unit: signal === 'latency' ? 's' : '1',
    worse: 'up',
    perspective: subject.kind === 'edge' ? 'client' : 'server',
    query: of,
    source: 'test',
    times: Float64Array.from({ length: ROWS }, (_, row) => ALERT + (row - BEFORE) * STEP),
    values: Float64Array.from(
      { length: ROWS },
      (_, row) => (row < BEFORE + delay ? before : after) * random.between(0.95, 1.05),
    ),
  };
}

function serves(service: string, signal: Told['signal'], before: number, after: number, delay = 0): Series {
  return told({ subject: { kind: 'service', service }, signal, before, after, delay });
}

function calls(caller: string, callee: string, before: number, after: number): Series {
  return told({ subject: { kind: 'edge', caller, callee }, signal: 'latency', before, after });
}

function inputOf(symptom: Told['signal'], edges: [string, string][], series: Series[]): DiagnosisInput {
  const services = [...new Set(edges.flat())];
  return {
    anomaly: { service: 'front', symptom, time: ALERT },
    window: { start: ALERT - BEFORE * STEP, end: ALERT + (ROWS - BEFORE - 1) * STEP, stepSeconds: STEP },
    graph: {
      services,
      edges: edges.map(([caller, callee]) => ({
        caller,
        callee,
        learntFrom: { source: 'test', seenAt: null },
      })),
      placements: [],
      external: [],
    },
    series,
    changes: [],
    checks: [],
    spans: null,
    logs: null,
    gaps: [],
  };
}

function evidenceOf(result: Diagnosis, service: string): Evidence[] {
  return result.suspects.find((suspect) => suspect.service === service)?.evidence ?? [];
}

function scoreOf(result: Diagnosis, service: string): number {
  return result.ranking.find((one) => one.service === service)!.score;
}

describe('what slow callers share', () => {
  const edges: [string, string][] = [
    ['front', 'cart'],
    ['front', 'search'],
    ['cart', 'stock'],
    ['search', 'stock'],
    ['search', 'prices'],
  ];
  const calm = [serves('stock', 'latency', 0.01, 0.01), serves('prices', 'latency', 0.01, 0.01)];
  const slow = [
    serves('front', 'latency', 0.1, 0.4),
    serves('cart', 'latency', 0.05, 0.35),
    serves('search', 'latency', 0.05, 0.35),
  ];

  it('is suspected before any of them, though it shows nothing itself', () => {
    const result = diagnose(inputOf('latency', edges, [...slow, ...calm]));
    assert.equal(result.verdict.service, 'stock');
    assert.equal(result.verdict.faultKind, 'network');
    assert.match(
      evidenceOf(result, 'stock').find(({ kind }) => kind === 'neighbours')!.statement,
      /^cart and search wait longer, and what they share is that they call stock\.$/u,
    );
    assert.ok(evidenceOf(result, 'cart').some(({ stance }) => stance === 'against'));
  });

  it('is not, if another of its callers is as fast as ever', () => {
    const more: [string, string][] = [...edges, ['front', 'orders'], ['orders', 'stock']];
    const result = diagnose(
      inputOf('latency', more, [...slow, ...calm, serves('orders', 'latency', 0.05, 0.05)]),
    );
    assert.notEqual(result.verdict.service, 'stock');
    const with2 = diagnose(inputOf('latency', edges, [...slow, ...calm]));
    assert.ok(scoreOf(result, 'stock') < scoreOf(with2, 'stock'));
  });

  it('is not, if the calls to it are measured and take as long as before', () => {
    const measured = [calls('cart', 'stock', 0.012, 0.012), calls('search', 'stock', 0.012, 0.012)];
    const result = diagnose(inputOf('latency', edges, [...slow, ...calm, ...measured]));
    assert.deepEqual(evidenceOf(result, 'stock'), []);
    assert.ok(['cart', 'search'].includes(result.verdict.service!));
  });

  it('leaves a single slow service ahead of the ways to what it calls, and these on the list', () => {
    const alone = [
      serves('front', 'latency', 0.1, 0.4),
      serves('cart', 'latency', 0.05, 0.05),
      serves('search', 'latency', 0.05, 0.35),
    ];
    const result = diagnose(inputOf('latency', edges, [...alone, ...calm]));
    assert.deepEqual(
      result.ranking.slice(0, 2).map(({ service }) => service),
      ['search', 'prices'],
    );
    assert.ok(result.verdict.confidence <= 0.8);
  });
});

describe('what failing callees share', () => {
  const edges: [string, string][] = [
    ['front', 'gateway'],
    ['gateway', 'orders'],
    ['gateway', 'users'],
    ['gateway', 'payments'],
  ];
  const above = [serves('front', 'errors', 0.002, 0.3), serves('gateway', 'errors', 0.002, 0.3)];
  const failing = (delay: number): Series[] => [
    serves('orders', 'errors', 0.004, 0.5),
    serves('users', 'errors', 0.004, 0.45, delay),
    serves('payments', 'errors', 0.004, 0.4, 2 * delay),
  ];

  it('is who calls them, if they begin together', () => {
    const result = diagnose(inputOf('errors', edges, [...above, ...failing(0)]));
    assert.equal(result.verdict.service, 'gateway');
    assert.match(
      evidenceOf(result, 'gateway').find(({ kind }) => kind === 'neighbours')!.statement,
      /began to fail together, and what they share is that gateway calls them/u,
    );
  });

  it('is nothing, if one fails after the other or only one of them does', () => {
    const one = [
      serves('orders', 'errors', 0.004, 0.5),
      serves('users', 'errors', 0.004, 0.004),
      serves('payments', 'errors', 0.004, 0.004),
    ];
    for (const callees of [failing(4), one]) {
      const result = diagnose(inputOf('errors', edges, [...above, ...callees]));
      assert.equal(result.verdict.service, 'orders');
    }
  });
});

describe('what traces say of a slow caller', () => {
  const edges: [string, string][] = [
    ['front', 'orders'],
    ['orders', 'mail'],
    ['orders', 'stock'],
  ];

  /** Runs of `orders` that call `mail` and then `stock`; from the alert on the ways to `slow` take 0.3 s more. */
  function spansOf(slow: string[]): DiagnosisInput['spans'] {
    const runs = 300;
    const rows = runs * 5;
    const spans = {
      services: ['orders', 'mail', 'stock'],
      operations: ['order', 'call', 'answer'],
      trace: new Uint32Array(rows),
      parent: new Int32Array(rows).fill(-1),
      service: new Uint32Array(rows),
      operation: new Uint32Array(rows),
      start: new Float64Array(rows),
      duration: new Float64Array(rows),
      failed: new Uint8Array(rows).fill(255),
    };
    for (let run = 0; run < runs; run += 1) {
      const start = ALERT - 900 + run * 4;
      const way = (callee: string): number => 0.002 + (start > ALERT && slow.includes(callee) ? 0.3 : 0);
      const answer = 0.01 + 0.0001 * (run % 7);
      const ways = ['mail', 'stock'].map(way);
      const put = (
        part: number,
        parent: number,
        service: number,
        operation: number,
        duration: number,
      ): void => {
        const row = run * 5 + part;
        spans.trace[row] = run;
        spans.parent[row] = parent < 0 ? -1 : run * 5 + parent;
        spans.service[row] = service;
        spans.operation[row] = operation;
        spans.start[row] = start + part * 0.001;
        spans.duration[row] = duration;
      };
      put(0, -1, 0, 0, 0.03 + 2 * answer + ways[0]! + ways[1]!);
      ways.forEach((onTheWay, index) => {
        put(1 + 2 * index, 0, 0, 1, answer + onTheWay);
        put(2 + 2 * index, 1 + 2 * index, 1 + index, 2, answer);
      });
    }
    return spans;
  }

  const series = [
    serves('front', 'latency', 0.1, 0.4),
    serves('orders', 'latency', 0.05, 0.35),
    serves('mail', 'latency', 0.01, 0.01),
    serves('stock', 'latency', 0.01, 0.01),
  ];
  const diagnosisOf = (slow: string[]): Diagnosis =>
    diagnose({ ...inputOf('latency', edges, series), spans: spansOf(slow) });

  it('excuses it, if it only waited for one of its callees', () => {
    const result = diagnosisOf(['mail']);
    assert.equal(result.verdict.service, 'mail');
    assert.equal(result.verdict.faultKind, 'network');
    assert.match(
      evidenceOf(result, 'orders').find(({ stance }) => stance === 'against')!.statement,
      /^In traces, 100 % of its extra time passed on the way to and from mail, while its other calls took as long/u,
    );
  });

  it('does not, if all of its calls are slow', () => {
    assert.equal(diagnosisOf(['mail', 'stock']).verdict.service, 'orders');
  });
});
