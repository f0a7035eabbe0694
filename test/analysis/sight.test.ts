import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import { ancestorsAmong } from '../../analysis/graph/ancestors.js';
import { hopsFrom } from '../../analysis/graph/call-graph.js';
import type { Series } from '../../model/series.js';
import { ALERT_TIME, estate } from '../support/estate.js';
import { randomOf } from '../support/random.js';

describe('belief knows how much was seen', () => {
  const { input, names } = estate({
    seed: 58,
    faults: [{ service: 1, trouble: 'slow-code' }],
    without: ['resources'],
  });
  const cause = names[1]!;

  /** The calls of the cause, each as calm as ever. */
  function withCalls(given: DiagnosisInput): DiagnosisInput {
    const calls = given.graph.edges.filter(({ caller }) => caller === cause);
    assert.ok(calls.length > 0);
    const series = calls.map(({ caller, callee }): Series => {
      const theirs = given.series.find(({ id }) => id === `${callee}/latency-50`)!;
      const subject = { kind: 'edge', caller, callee } as const;
      return { ...theirs, id: `${caller}>${callee}`, subject, perspective: 'client' };
    });
    return { ...given, series: [...given.series, ...series] };
  }

  it('is held back where a delay on the way to a callee would look the same', () => {
    const { verdict } = diagnose(input);
    assert.equal(verdict.service, cause);
    assert.equal(verdict.confidence, 0.8);
    assert.ok(verdict.wouldSettle.includes(`Latency of the calls that ${cause} makes, by callee`));
  });

  it('asks for those calls no longer once they are seen, and is not held back when a resource speaks', () => {
    const { verdict } = diagnose(withCalls(input));
    assert.equal(verdict.confidence, 0.8);
    assert.ok(!verdict.wouldSettle.some((what) => what.startsWith('Latency of the calls')));
    const busy = estate({ seed: 58, faults: [{ service: 1, trouble: 'cpu' }] });
    assert.ok(diagnose(busy.input).verdict.confidence > 0.9);
  });

  it('is held back more where nobody sees how its callees serve', () => {
    const callees = new Set(
      input.graph.edges.filter(({ caller }) => caller === cause).map(({ callee }) => callee),
    );
    const series = input.series.filter(
      ({ subject, signal }) =>
        subject.kind !== 'service' || !callees.has(subject.service) || signal === 'traffic',
    );
    const { service, confidence, wouldSettle } = diagnose({ ...input, series }).verdict;
    assert.equal(service, cause);
    assert.ok(confidence <= 0.5, `${confidence}`);
    assert.match(wouldSettle[0]!, /^Latency and errors of svc-/u);
  });

  it('is held back where no calm is known', () => {
    const from = ALERT_TIME - 30;
    const series = input.series.map((one) => {
      const first = one.times.findIndex((time) => time >= from);
      return { ...one, times: one.times.slice(first), values: one.values.slice(first) };
    });
    const { verdict } = diagnose({ ...input, series, window: { ...input.window, start: from } });
    assert.ok(verdict.confidence <= 0.5, `${verdict.confidence}`);
  });
});

describe('trouble of a host', () => {
  /** Two services that do not call each other become slow on one host whose CPU is used up. */
  function crowdedHost(taker: boolean, placed: boolean): DiagnosisInput {
    const { input, names } = estate({ seed: 58, before: 120, after: 20 });
    const hurt = [names[8]!, names[9]!];
    const since = (one: Series, factor: number): Series => ({
      ...one,
      values: one.values.map((value, row) => (one.times[row]! >= ALERT_TIME ? value * factor : value)),
    });
    const series = input.series.map((one) => {
      if (hurt.some((name) => one.id.startsWith(`${name}/latency`))) return since(one, 6);
      return taker && one.id === `${names[7]!}/cpu` ? since(one, 8) : one;
    });
    const cpu = series.find(({ id }) => id === `${names[6]!}/cpu`)!;
    const host = since({ ...cpu, id: 'node-1/cpu', subject: { kind: 'host', host: 'node-1' } }, 8);
    return {
      ...input,
      graph: {
        ...input.graph,
        edges: [],
        placements: placed
          ? [...hurt, names[7]!].map((service) => ({
              service,
              host: 'node-1',
              learntFrom: { source: 'test', seenAt: null },
            }))
          : [],
      },
      series: [...series, host],
    };
  }
  const kindsOf = (given: DiagnosisInput): string => diagnose(given).verdict.faultKind;
  const shareOf = (given: DiagnosisInput, service: string): number =>
    diagnose(given).suspects.find((one) => one.service === service)?.confidence ?? 0;

  it('is called so when several suffer on it and none takes more of it', () => {
    assert.equal(kindsOf(crowdedHost(false, true)), 'host');
    assert.notEqual(kindsOf(crowdedHost(false, false)), 'host');
  });

  it('makes the neighbour that takes more of it likelier, and its victims no less innocent', () => {
    const neighbour = crowdedHost(true, true).graph.services[7]!;
    assert.ok(shareOf(crowdedHost(true, true), neighbour) > shareOf(crowdedHost(true, false), neighbour));
  });
});

describe('callers of callers', () => {
  it('are the same as a walk from each service finds, also around circles', () => {
    const random = randomOf(3);
    const size = 120;
    const callers = Array.from({ length: size }, () =>
      Array.from({ length: random.whole(0, 3) }, () => random.whole(0, size - 1)),
    );
    const marked = Array.from({ length: size }, (_, service) => service).filter(
      (service) => service % 3 === 0,
    );
    const ancestors = ancestorsAmong(marked, callers);
    for (let service = 0; service < size; service += 1) {
      const hops = hopsFrom(service, callers);
      const bits = ancestors(service);
      const found = marked.filter((_, bit) => ((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1);
      assert.deepEqual(
        found,
        marked.filter((one) => hops[one]! >= 0),
      );
    }
  });
});
