import assert from 'node:assert/strict';
import { planOf } from '../../../activities/collect/traces/plan.js';
import { sampleTraces, type SampledTrace } from '../../../activities/collect/traces/sample.js';
import type { RawTrace } from '../../../activities/collect/traces/source.js';
import { randomOf } from '../../support/random.js';
import { HeldTraces, rawSpan } from '../../support/trace-source.js';

const ALERT = 100_000;
const WINDOW = { start: ALERT - 3600, end: ALERT + 300, stepSeconds: 15 };
const LATER = ALERT + 1000;
const plan = planOf({ window: WINDOW, anomalyTime: ALERT }, LATER);
const limits = { signal: new AbortController().signal };

/** Requests of some operations in turn. One in `slowEvery` takes ten times as long, one in `failEvery` fails. */
function requests({
  operations = ['GET /'],
  slowEvery = 10,
  failEvery = Infinity,
  everySeconds = 1,
  spansEach = 1,
}: {
  operations?: string[];
  slowEvery?: number;
  failEvery?: number;
  everySeconds?: number;
  spansEach?: number;
}): RawTrace[] {
  const random = randomOf(7);
  const count = Math.floor((WINDOW.end - WINDOW.start) / everySeconds);
  return Array.from({ length: count }, (_, i) => {
    const traceId = i.toString(16).padStart(32, '0');
    const root = rawSpan({
      service: 'front',
      traceId,
      name: operations[i % operations.length]!,
      start: WINDOW.start + i * everySeconds,
      duration: random.next() < 1 / slowEvery ? 1 : 0.1,
      failed: i % failEvery === failEvery - 1,
    });
    const more = Array.from({ length: spansEach - 1 }, (__, n) =>
      rawSpan({ service: 'back', traceId, spanId: `s${n}`, parentId: root.spanId, start: root.start }),
    );
    return { traceId, spans: [root, ...more] };
  });
}

const ordinary = (traces: readonly SampledTrace[]): SampledTrace[] =>
  traces.filter(({ choice }) => choice === 'ordinary');
const startOf = ({ spans }: RawTrace): number => spans[0]!.start;
const meanOf = (traces: readonly RawTrace[]): number =>
  traces.reduce((sum, { spans }) => sum + spans[0]!.duration, 0) / traces.length;

describe('a sample of traces', () => {
  it('takes ordinary ones as slow before as since, where nothing changed, although slow ones are read as well', async () => {
    const { traces } = await sampleTraces(new HeldTraces(requests({})), 'front', plan, limits);
    const own = ordinary(traces);
    const before = own.filter((one) => startOf(one) < plan.calm.until);
    const since = own.filter((one) => startOf(one) >= ALERT);
    assert.ok(before.length >= 100 && since.length >= 90, `${before.length} before, ${since.length} since`);
    const [calm, now] = [meanOf(before), meanOf(since)];
    assert.ok(Math.abs(calm - 0.19) < 0.08 && Math.abs(now - 0.19) < 0.08, `${calm} s, then ${now} s`);
  });

  it('spreads over the whole time, not its end alone', async () => {
    const { traces } = await sampleTraces(new HeldTraces(requests({})), 'front', plan, limits);
    for (const { from, until } of plan.parts) {
      const here = ordinary(traces).filter((one) => startOf(one) >= from && startOf(one) <= until);
      assert.ok(here.length >= 30, `${here.length} traces from ${from} to ${until}`);
    }
  });

  it('gives each operation its share, however rare it is, and none to health checks', async () => {
    const mostly = Array.from({ length: 19 }, () => 'GET /healthz');
    const held = new HeldTraces(requests({ operations: [...mostly, 'POST /pay'], failEvery: 20 }));
    const { traces } = await sampleTraces(held, 'front', plan, limits);
    const paid = ordinary(traces).filter(({ spans }) => spans[0]!.name === 'POST /pay');
    assert.ok(paid.length >= 80, `${paid.length} of the rare operation`);
    assert.ok(!held.asked.some(({ operation }) => operation === 'GET /healthz'));
  });

  it('holds as large a share of failing ones among the ordinary as there is, although failing ones are read as well', async () => {
    const { traces } = await sampleTraces(new HeldTraces(requests({ failEvery: 5 })), 'front', plan, limits);
    const own = ordinary(traces);
    const share = own.filter(({ spans }) => spans[0]!.failed).length / own.length;
    assert.ok(Math.abs(share - 0.2) < 0.03, `${share} of ${own.length} fail, of all 0.2`);
  });

  it('marks failing ones, and those that were slower than nearly all before', async () => {
    const slowLater = requests({
      operations: ['a', 'b', 'c', 'd', 'e'],
      failEvery: 37,
      everySeconds: 0.2,
    }).map((trace) =>
      startOf(trace) < ALERT
        ? trace
        : { ...trace, spans: trace.spans.map((span) => ({ ...span, duration: span.duration * 5 })) },
    );
    const held = new HeldTraces(slowLater);
    const { traces } = await sampleTraces(held, 'front', plan, limits);
    const of = (choice: string): SampledTrace[] => traces.filter((one) => one.choice === choice);
    const [failing, slow] = [of('failing'), of('slow')];
    assert.ok(failing.length > 10, `${failing.length} failing`);
    assert.deepEqual(
      failing.filter(({ spans }) => !spans[0]!.failed),
      [],
    );
    assert.ok(slow.length > 0, `none is slow: ${JSON.stringify(held.asked.at(-1))}`);
    assert.deepEqual(
      slow.filter(({ spans }) => spans[0]!.duration < 1),
      [],
    );
  });

  it('asks no more of an estate that is ten times busier', async () => {
    const [quiet, busy] = [1, 0.1].map((everySeconds) => new HeldTraces(requests({ everySeconds })));
    await sampleTraces(quiet!, 'front', plan, limits);
    await sampleTraces(busy!, 'front', plan, limits);
    assert.ok(busy!.asked.length <= 50, `${busy!.asked.length} queries`);
    assert.equal(busy!.asked.length, quiet!.asked.length);
    const wanted = busy!.asked.reduce((sum, { most }) => sum + most, 0);
    assert.ok(wanted <= 700, `${wanted} traces were asked for`);
  });

  it('reads fewer of a source that costs a request for each trace', async () => {
    const operations = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const { traces, gaps } = await sampleTraces(
      new HeldTraces(requests({ operations }), 160),
      'front',
      plan,
      limits,
    );
    assert.ok(traces.length <= 250, `${traces.length} traces`);
    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['traces of 4 operations of front'],
    );
  });

  it('stops at its bytes with a gap, having read before and since alike', async () => {
    const held = new HeldTraces(requests({}), 480, 400 * 1024);
    const { traces, gaps } = await sampleTraces(held, 'front', plan, limits);
    assert.match(gaps[0]!.reason, /100000 spans and 64 MiB are read/u);
    const before = traces.filter((one) => startOf(one) < plan.calm.until).length;
    const since = traces.filter((one) => startOf(one) >= ALERT).length;
    assert.ok(before > 40 && since > 40 && Math.abs(before - since) < 60, `${before} before, ${since} since`);
  });

  it('cuts a trace without end, with a gap', async () => {
    const held = new HeldTraces(requests({ spansEach: 6000, everySeconds: 400 }));
    const { traces, gaps } = await sampleTraces(held, 'front', plan, limits);
    assert.ok(traces.every(({ spans }) => spans.length === 5000));
    assert.match(gaps.map(({ what }) => what).join(), /spans of \d+ traces/u);
  });
});

describe('the times that are asked for', () => {
  it('leave out the last moments, whose traces may not be whole', () => {
    const { parts } = planOf({ window: WINDOW, anomalyTime: ALERT }, WINDOW.end + 5);
    assert.equal(Math.max(...parts.map(({ until }) => until)), WINDOW.end - 15);
  });

  it('are none after an alert of this moment', () => {
    const now = { start: ALERT - 3600, end: ALERT, stepSeconds: 15 };
    const { parts, since } = planOf({ window: now, anomalyTime: ALERT }, ALERT);
    assert.ok(parts.every(({ from, until }) => until > from && until <= ALERT - 20));
    assert.ok(since.until > since.from, `${since.from} to ${since.until}`);
  });
});
