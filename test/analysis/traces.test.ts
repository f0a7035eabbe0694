import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import { exemplaryTraces } from '../../analysis/traces/exemplars.js';
import { failureBeginnings } from '../../analysis/traces/failures.js';
import { readTraces } from '../../analysis/traces/read.js';
import { SpanTableBuilder } from '../../activities/collect/traces/span-table.js';
import { joinedSpans, type SpanTable, type TraceChoice } from '../../model/telemetry.js';

const ALERT = 1_700_000_000;
const WINDOW = { calmUntil: ALERT, from: ALERT, until: ALERT + 300 };

interface Request {
  /** Seconds after the alert; negative for before it. */
  at: number;
  choice?: TraceChoice;
  /** Seconds that `back` takes, of which `front` waits for all. */
  back?: number;
  failsAt?: 'front' | 'back';
}

/** Requests to `front`, each of which calls `back` (client span and server span). */
function tableOf(requests: readonly Request[]): SpanTable {
  const table = new SpanTableBuilder();
  requests.forEach(({ at, choice = 'ordinary', back = 0.1, failsAt }, i) => {
    const start = ALERT + at;
    const failed = failsAt !== undefined;
    const isBacks = failsAt === 'back';
    table.add({ id: `t${i}`, page: `https://traces/${i}`, choice }, [
      { id: 1, parentId: null, service: 'front', operation: 'GET /', start, duration: back + 0.02, failed },
      { id: 2, parentId: 1, service: 'front', operation: 'call', start, duration: back, failed: isBacks },
      { id: 3, parentId: 2, service: 'back', operation: 'answer', start, duration: back, failed: isBacks },
    ]);
  });
  return table.build();
}

const every = (seconds: number, from: number, until: number, more: Partial<Request> = {}): Request[] =>
  Array.from({ length: Math.floor((until - from) / seconds) }, (_, i) => ({
    at: from + i * seconds,
    back: 0.1 + 0.001 * (i % 9),
    ...more,
  }));

describe('traces that were read because they are slow or fail', () => {
  const ordinary = [...every(10, -1000, 0), ...every(5, 0, 300)];
  const slow = every(20, 0, 300, { choice: 'slow', back: 5 });
  const failing = every(20, 0, 300, { choice: 'failing', failsAt: 'back' });

  it('make no slowdown, no failures and no other way of requests', () => {
    const fair = readTraces(tableOf(ordinary), WINDOW)!;
    const biased = readTraces(tableOf([...ordinary, ...slow, ...failing]), WINDOW)!;
    assert.deepEqual({ ...biased, beginnings: [] }, fair);
    assert.deepEqual(fair.slow, []);
    const alone = readTraces(tableOf([...ordinary, ...every(5, 0, 300, { back: 5 })]), WINDOW)!;
    assert.ok(alone.slow.length > 0, 'the same traces would, as ordinary ones');
  });

  it('are counted before and during by what they are', () => {
    const { calmSpans, incidentSpans } = readTraces(tableOf(ordinary), WINDOW)!;
    assert.deepEqual([calmSpans, incidentSpans], [300, 180]);
  });
});

describe('where failing traces began to fail', () => {
  const beginnings = (requests: Request[]) => failureBeginnings(tableOf(requests), WINDOW);

  it('is told by few of them, when there were none before', () => {
    const failing = every(60, 0, 300, { choice: 'failing', failsAt: 'back' });
    assert.deepEqual(beginnings([...every(10, -1000, 300), ...failing]), [
      { service: 'back', operation: 'answer', count: 5, of: 5, rise: 1 },
    ]);
  });

  it('is no news where they came as often before', () => {
    const steady = every(30, -1000, 300, { choice: 'failing', failsAt: 'back' });
    const { rise } = beginnings(steady)[0]!;
    assert.ok(rise < 0.1, String(rise));
  });

  it('is no news where a source gave only the latest of those before', () => {
    // Ten of a thousand seconds' worth: they all lie in the last hundred.
    const latest = every(10, -100, 0, { choice: 'failing', failsAt: 'back' });
    const since = every(10, 0, 300, { choice: 'failing', failsAt: 'back' });
    const { rise } = beginnings([...latest, ...since])[0]!;
    assert.ok(rise < 0.1, String(rise));
  });

  it('tells a new kind of failure from one that was always there', () => {
    const always = every(30, -1000, 300, { choice: 'failing', failsAt: 'back' });
    const fresh = every(10, 0, 300, { choice: 'failing', failsAt: 'front' });
    const [front, back] = ['front', 'back'].map((name) =>
      beginnings([...always, ...fresh]).find(({ service }) => service === name),
    );
    assert.equal(front!.rise, 1);
    assert.ok(back!.rise < 0.1, String(back!.rise));
  });

  it('takes one or two for chance', () => {
    assert.deepEqual(beginnings([{ at: 5, choice: 'failing', failsAt: 'back' }]), []);
  });
});

describe('exemplary traces', () => {
  const calm = every(10, -1000, 0);
  const look = (requests: Request[], symptom: 'latency' | 'errors') =>
    exemplaryTraces(tableOf(requests), WINDOW, { suspect: 'back', symptom });

  it('are slow ones for an alert about latency, with what was spent where', () => {
    const [first, ...others] = look(
      [...calm, ...every(60, 0, 300, { back: 1.6 }), { at: 7, failsAt: 'back' }],
      'latency',
    );
    assert.deepEqual(first, {
      traceId: 't100',
      page: 'https://traces/100',
      request: 'GET / of front',
      statement: '1.62 s, of which back 1.6 s (usually 124 ms)',
    });
    assert.equal(others.length, 2);
  });

  it('are failing ones for an alert about errors', () => {
    const [first] = look(
      [...calm, ...every(60, 0, 300, { back: 1.6 }), { at: 7, failsAt: 'back' }],
      'errors',
    );
    assert.equal(first!.statement, 'failed after 120 ms, at answer of back');
  });

  it('are none where nothing is slow or fails, or only before', () => {
    assert.deepEqual(look([...calm, ...every(10, 0, 300)], 'latency'), []);
    assert.deepEqual(look([{ at: -5, back: 9, failsAt: 'back' }, ...calm], 'latency'), []);
  });
});

describe('tables of two sources', () => {
  it('are one with all that is known of their traces', () => {
    const [one, other] = [
      tableOf([{ at: 1 }, { at: 2, choice: 'failing', failsAt: 'back' }]),
      tableOf([{ at: 3, choice: 'slow' }]),
    ];
    const joined = joinedSpans([one, other])!;
    assert.deepEqual(joined.traceIds, ['t0', 't1', 't0']);
    assert.deepEqual([...joined.choice], [0, 1, 2]);
    assert.deepEqual(joined.tracePages, ['https://traces/0', 'https://traces/1', 'https://traces/0']);
    assert.deepEqual([...joined.trace], [0, 0, 0, 1, 1, 1, 2, 2, 2]);
  });
});

describe('calls in traces', () => {
  it('are part of the graph of a diagnosis', () => {
    const spans = tableOf([...every(10, -1000, 0), ...every(5, 0, 300, { back: 1.5 })]);
    const { ranking, suspects } = diagnose({
      anomaly: { service: 'front', symptom: 'latency', time: ALERT },
      window: { start: ALERT - 1000, end: ALERT + 300, stepSeconds: 10 },
      graph: { services: ['front'], edges: [], placements: [], external: [] },
      ...{ series: [], changes: [], checks: [], logs: null, conditions: null, gaps: [] },
      spans,
    });
    assert.equal(ranking[0]!.service, 'back');
    assert.match(suspects[0]!.evidence[0]!.statement, /spent within back/u);
  });
});
