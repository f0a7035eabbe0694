import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Change } from '../../model/change.js';
import { diagnosis as diagnosisSchema, type Diagnosis, type FaultKind } from '../../model/diagnosis.js';
import { ALERT_TIME, estate, type Estate, type EstateOptions, type Trouble } from '../support/estate.js';

const STEPS = [1, 15, 60, 300];
/** Long enough for a baseline, short enough for a test. */
const SIZE: Record<number, Pick<EstateOptions, 'before' | 'after'>> = {
  1: { before: 600, after: 240 },
  15: { before: 120, after: 20 },
  60: { before: 120, after: 8 },
  300: { before: 150, after: 6 },
};

function broken(trouble: Trouble, service: number, options: Partial<EstateOptions> = {}): Estate {
  const stepSeconds = options.stepSeconds ?? 15;
  return estate({
    seed: 11 * service + 3,
    stepSeconds,
    ...SIZE[stepSeconds],
    faults: [{ service, trouble }],
    ...options,
  });
}

function first(result: Diagnosis): string | undefined {
  return result.ranking[0]?.service;
}

function beliefIn(result: Diagnosis, service: string): number {
  return result.suspects.find((suspect) => suspect.service === service)?.confidence ?? 0;
}

function withoutSeries(input: DiagnosisInput, drop: (id: string) => boolean): DiagnosisInput {
  return { ...input, series: input.series.filter(({ id }) => !drop(id)) };
}

describe('scenarios: each fault is found first', () => {
  const troubles: [Trouble, FaultKind[]][] = [
    ['cpu', ['cpu']],
    ['memory', ['memory']],
    ['disk', ['disk']],
    ['connections', ['pool-saturation']],
    // Its own latency shows the delay, so it is not the network; nothing says what it waits for.
    ['delay', ['unknown']],
    ['loss', ['unknown', 'code-change']],
    ['errors', ['code-change']],
    ['down', ['dependency-down']],
  ];
  for (const [trouble, kinds] of troubles) {
    for (const step of STEPS) {
      it(`finds ${trouble} in samples of ${step} s, and says what it is`, () => {
        const { input, names } = broken(trouble, 5, { stepSeconds: step });
        const result = diagnose(input);
        assert.equal(first(result), names[5]);
        assert.ok(kinds.includes(result.verdict.faultKind), `says ${result.verdict.faultKind}`);
        assert.notEqual(result.verdict.level, 'inconclusive');
      });
    }
  }

  it('finds most faults without a graph, and all among the first three', () => {
    let right = 0;
    for (const [trouble] of troubles.filter(([name]) => name !== 'down')) {
      const { input, names } = broken(trouble, 4, { without: ['graph'] });
      const result = diagnose(input);
      const rank = result.ranking.findIndex(({ service }) => service === names[4]);
      assert.ok(rank >= 0 && rank < 3, `${trouble} is ranked ${rank + 1}`);
      if (rank === 0) right += 1;
    }
    assert.ok(right >= 5, `${right} of 7 are first`);
  });

  it('holds a surge at the front for a surge', () => {
    const result = diagnose(broken('surge', 0).input);
    assert.equal(first(result), 'svc-a');
    assert.equal(result.verdict.faultKind, 'traffic-surge');
  });
});

describe('the alert may be late or early', () => {
  for (const step of STEPS) {
    it(`finds the same with samples of ${step} s, a minute or two samples off`, () => {
      const { input, names } = broken('cpu', 6, { stepSeconds: step });
      for (const off of [-60, 60, -2 * step, 2 * step]) {
        const time = input.anomaly.time + off;
        const result = diagnose({ ...input, anomaly: { ...input.anomaly, time } });
        assert.equal(first(result), names[6], `off by ${off} s`);
      }
    });
  }

  it('finds the true onset within two samples', () => {
    const { input } = broken('errors', 3);
    const late = { ...input, anomaly: { ...input.anomaly, time: input.anomaly.time + 60 } };
    const onset = diagnose(late).onset;
    assert.ok(onset !== null && Math.abs(onset.time - ALERT_TIME) <= 30, `onset ${onset?.time}`);
  });
});

describe('mutation: without the decisive evidence the verdict moves or weakens', () => {
  it('loses belief when the resource that broke is not seen', () => {
    const { input, names } = broken('cpu', 5);
    const cause = names[5]!;
    const before = diagnose(input);
    const after = diagnose(withoutSeries(input, (id) => id === `${cause}/cpu`));
    assert.equal(before.verdict.faultKind, 'cpu');
    assert.notEqual(after.verdict.faultKind, 'cpu');
    assert.ok(after.ranking[0]!.score < before.ranking[0]!.score);
  });

  it('blames another, or nobody, when nothing of the cause is seen', () => {
    const { input, names } = broken('errors', 5);
    const cause = names[5]!;
    const after = diagnose(withoutSeries(input, (id) => id.startsWith(`${cause}/`)));
    assert.notEqual(first(after), cause);
    assert.ok(beliefIn(after, cause) < 0.2);
  });
});

describe('noise', () => {
  it('does not change the verdict with 500 series that move at random', () => {
    for (const trouble of ['cpu', 'delay', 'errors'] as const) {
      const quiet = diagnose(broken(trouble, 5).input);
      const noisy = diagnose(broken(trouble, 5, { noise: 500 }).input);
      assert.equal(noisy.verdict.service, quiet.verdict.service);
      assert.equal(noisy.verdict.faultKind, quiet.verdict.faultKind);
      assert.equal(noisy.verdict.level, quiet.verdict.level);
    }
  });
});

describe('decoys', () => {
  const deploy = (service: string, time: number): Change => ({
    id: `deploy-${service}`,
    kind: 'deploy',
    time,
    service,
    title: `Release ${service} 2.4.1`,
    details: 'Update the copyright year in the footer.',
    files: ['README.md'],
    author: null,
    link: null,
    source: 'test',
  });

  it('does not fall for an innocent deploy right before the onset', () => {
    const { input, names } = broken('cpu', 5);
    const result = diagnose({ ...input, changes: [deploy(names[2]!, ALERT_TIME - 60)] });
    assert.equal(first(result), names[5]);
    assert.equal(result.verdict.changeId, null);
  });

  it('does not fall for a service that always jitters', () => {
    const { input, names } = broken('delay', 6, { jittery: [2, 4] });
    assert.equal(first(diagnose(input)), names[6]);
  });

  it('does not fall for a neighbour that burns its CPU and hurts nobody', () => {
    const { input, names } = broken('errors', 5);
    const rise = { ...input.series.find(({ id }) => id === `${names[9]!}/cpu`)! };
    rise.values = rise.values.map((value, row) => (rise.times[row]! >= ALERT_TIME ? value * 1.6 : value));
    const series = input.series.map((one) => (one.id === rise.id ? rise : one));
    assert.equal(first(diagnose({ ...input, series })), names[5]);
  });
});

describe('no fault', () => {
  for (const step of STEPS) {
    it(`says that nothing abnormal was seen in healthy samples of ${step} s, also while traffic grows`, () => {
      let loud = 0;
      for (let seed = 1; seed <= 12; seed += 1) {
        const growth = seed % 2 === 0 ? 1.3 : 1;
        const { input } = estate({ seed: 17 * seed, stepSeconds: step, ...SIZE[step], growth });
        const { verdict } = diagnose(input);
        if (verdict.level !== 'inconclusive') loud += 1;
        else {
          assert.match(verdict.reason, /^No service deviated|too little for a verdict/u);
          assert.ok(verdict.confidence < 0.5, `confidence ${verdict.confidence}`);
        }
        assert.notEqual(verdict.level, 'confirmed');
      }
      assert.ok(loud <= 1, `${loud} of 12 healthy estates were blamed on somebody`);
    });
  }

  it('does not fail on an estate without any series, graph or calm', () => {
    const { input } = broken('cpu', 3);
    const bare = diagnose({ ...input, series: [], graph: { ...input.graph, edges: [], services: [] } });
    assert.equal(bare.verdict.rule, 'nothing-read');
    const early = { ...input.anomaly, time: input.window.start };
    assert.doesNotThrow(() => diagnose({ ...input, anomaly: early }));
  });
});

describe('permutation', () => {
  const { input } = broken('connections', 5);
  const before = diagnose(input);

  it('gives the same when services are renamed', () => {
    const rename = (name: string): string => `${name.at(-1)!}${name.length}-${name}`;
    const renamed = diagnose({
      ...input,
      anomaly: { ...input.anomaly, service: rename(input.anomaly.service) },
      graph: {
        ...input.graph,
        services: input.graph.services.map(rename),
        edges: input.graph.edges.map((edge) => ({
          ...edge,
          caller: rename(edge.caller),
          callee: rename(edge.callee),
        })),
        placements: input.graph.placements.map((place) => ({ ...place, service: rename(place.service) })),
      },
      series: input.series.map((series) => ({
        ...series,
        subject:
          series.subject.kind === 'service'
            ? { kind: 'service', service: rename(series.subject.service) }
            : series.subject,
      })),
    });
    assert.equal(renamed.verdict.service, rename(before.verdict.service!));
    assert.ok(Math.abs(renamed.verdict.confidence - before.verdict.confidence) < 1e-9);
    assert.deepEqual(
      renamed.ranking.map(({ score }) => score),
      before.ranking.map(({ score }) => score),
    );
  });

  it('gives the same to the byte when the input is in another order', () => {
    const reordered = diagnose({
      ...input,
      graph: {
        ...input.graph,
        services: input.graph.services.toReversed(),
        edges: input.graph.edges.toReversed(),
      },
      series: input.series.toReversed(),
    });
    assert.equal(JSON.stringify(reordered), JSON.stringify(before));
  });

  it('gives the same at another time', () => {
    const later = 86_400 * 30;
    const times = input.series[0]!.times.map((time) => time + later);
    const shifted = diagnose({
      ...input,
      anomaly: { ...input.anomaly, time: input.anomaly.time + later },
      window: { ...input.window, start: input.window.start + later, end: input.window.end + later },
      series: input.series.map((series) => ({ ...series, times })),
    });
    assert.deepEqual(shifted.ranking, before.ranking);
    assert.equal(shifted.onset!.time - later, before.onset!.time);
  });

  it('gives the same bytes twice', () => {
    assert.equal(JSON.stringify(diagnose(input)), JSON.stringify(before));
  });
});

describe('two faults at once', () => {
  it('has both among the first three', () => {
    const pairs: [Trouble, Trouble][] = [
      ['cpu', 'errors'],
      ['delay', 'memory'],
      ['disk', 'loss'],
    ];
    for (const [left, right] of pairs) {
      const { input, names } = estate({
        seed: 29,
        faults: [
          { service: 4, trouble: left },
          { service: 8, trouble: right },
        ],
      });
      const top = diagnose(input)
        .ranking.slice(0, 3)
        .map(({ service }) => service);
      assert.ok(
        top.includes(names[4]!) && top.includes(names[8]!),
        `${left} and ${right}: ${top.join(', ')}`,
      );
    }
  });
});

describe('what a diagnosis holds', () => {
  it('fits its schema and its limits, for every fault', () => {
    for (const trouble of ['cpu', 'delay', 'errors', 'down', 'surge'] as const) {
      const result = diagnose(broken(trouble, 5).input);
      assert.deepEqual(diagnosisSchema.parse(result), result);
      assert.ok(result.suspects.length <= 10 && result.symptoms.length <= 40);
      assert.ok(result.nextActions.length > 0 && result.nextActions.length <= 3);
      const sum = result.suspects.reduce((total, { confidence }) => total + confidence, 0);
      assert.ok(sum <= 1 + 1e-9, `beliefs sum to ${sum}`);
    }
  });

  it('tells the way from the cause to the alert, who suffers, and what would settle it', () => {
    const { input, names } = broken('delay', 6);
    const { propagation, blastRadius } = diagnose(input);
    assert.equal(propagation[0]?.from, names[6]);
    assert.equal(propagation.at(-1)?.to, names[0]);
    assert.equal(blastRadius[0], names[6]);
    const poor = diagnose(broken('delay', 6, { without: ['resources', 'errors'] }).input);
    assert.ok(
      poor.verdict.wouldSettle.some((what) => /CPU/u.test(what)),
      poor.verdict.wouldSettle.join('; '),
    );
  });
});
