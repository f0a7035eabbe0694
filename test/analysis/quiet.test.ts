import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import { noiseOf } from '../../analysis/placebo.js';
import type { Series } from '../../model/series.js';
import { ALERT_TIME, estate } from '../support/estate.js';

const names = estate({ seed: 58 }).names;

/** The same series with other values from the alert on, or wherever `since` says. */
function changed(
  input: DiagnosisInput,
  factorOf: (series: Series) => number,
  since: (time: number) => boolean = (time) => time >= ALERT_TIME,
): DiagnosisInput {
  return {
    ...input,
    series: input.series.map((one) => {
      const factor = factorOf(one);
      if (factor === 1) return one;
      return {
        ...one,
        values: one.values.map((value, row) => (since(one.times[row]!) ? value * factor : value)),
      };
    }),
  };
}

describe('placebo alerts', () => {
  const { input } = estate({ seed: 58, before: 160, after: 20, faults: [{ service: 5, trouble: 'delay' }] });
  /** A stretch of the calm as bad as the incident. */
  const restless = changed(
    input,
    ({ id }) => (id.startsWith(`${names[7]!}/latency`) || id.startsWith(`${names[0]!}/latency`) ? 4 : 1),
    (time) => time >= ALERT_TIME - 1500 && time < ALERT_TIME - 1350,
  );

  it('score nearly nothing in a calm, and much where the calm is as loud as an incident', () => {
    const [quiet, loud] = [noiseOf(input, [])!, noiseOf(restless, [])!];
    assert.ok(quiet < 3, `${quiet}`);
    assert.ok(loud > quiet + 1, `${loud} against ${quiet}`);
  });

  it('take belief from a suspect that is no louder than the calm', () => {
    const believedIn = (given: DiagnosisInput): number => diagnose(given).verdict.confidence;
    assert.ok(believedIn(restless) < believedIn(input));
  });

  it('are not asked where the calm is too short', () => {
    const late = { ...input, anomaly: { ...input.anomaly, time: input.window.start + 60 } };
    assert.equal(noiseOf(late, []), null);
  });

  it('are asked of the leading suspects alone where there are more series than can be read again', () => {
    const strangers = Array.from({ length: 2001 }, (_, index) => ({
      ...input.series[0]!,
      id: `stranger-${index}`,
      subject: { kind: 'service' as const, service: `stranger-${index}` },
    }));
    const large = { ...restless, series: [...strangers, ...restless.series] };
    assert.equal(noiseOf(large, names), noiseOf(restless, names));
    const others = noiseOf(large, ['stranger-1'])!;
    assert.ok(others < noiseOf(restless, names)!, `${others} where the restless are not asked`);
  });
});

describe('what all share', () => {
  const { input } = estate({ seed: 58, before: 120, after: 20 });
  const starved = changed(input, ({ signal, id }) =>
    signal === 'latency' ? (id.startsWith(`${names[3]!}/`) ? 9 : 4) : 1,
  );

  it('is blamed on no service when nearly all are slower, however much slower one is', () => {
    const { level, rule, confidence, reason, wouldSettle } = diagnose(starved).verdict;
    assert.deepEqual([level, rule], ['inconclusive', 'unsettled']);
    assert.ok(confidence < 0.5, `${confidence}`);
    assert.match(reason, /shares with .* host, network, storage\.$/u);
    assert.match(wouldSettle[0]!, /^What .* shares with/u);
  });

  it('is no question when only the callers of one are slower', () => {
    const { input: delayed } = estate({ seed: 58, faults: [{ service: 5, trouble: 'delay' }] });
    assert.notEqual(diagnose(delayed).verdict.rule, 'unsettled');
  });
});

describe("the alert's own symptom", () => {
  it('has to be seen before anything can explain it', () => {
    const { input } = estate({ seed: 58, faults: [{ service: 5, trouble: 'cpu' }] });
    const about = (symptom: 'latency' | 'other', given = input): DiagnosisInput => ({
      ...given,
      anomaly: { ...given.anomaly, symptom },
    });
    const hidden = {
      ...input,
      series: input.series.filter(({ id }) => !id.startsWith(`${names[0]!}/latency`)),
    };
    assert.notEqual(diagnose(about('latency')).verdict.level, 'inconclusive');
    const blind = diagnose(about('latency', hidden));
    assert.equal(blind.verdict.rule, 'unsettled');
    assert.equal(blind.verdict.service, names[5], 'it keeps its lead');
    // What an alert of no known kind is about nobody can miss.
    assert.notEqual(diagnose(about('other', hidden)).verdict.rule, 'unsettled');
  });
});

describe('gauges at rest', () => {
  it('are no evidence, however many times they grow', () => {
    const { input } = estate({ seed: 58, faults: [{ service: 5, trouble: 'errors' }] });
    const idle = names[9]!;
    const resting = changed(
      input,
      ({ id }) => (id === `${idle}/cpu` ? 1e-4 : 1),
      (time) => time < ALERT_TIME,
    );
    const woken = changed(resting, ({ id }) => (id === `${idle}/cpu` ? 0.01 : 1));
    const { suspects, ranking } = diagnose(woken);
    assert.equal(ranking[0]!.service, names[5]);
    const evidence = suspects.find(({ service }) => service === idle)?.evidence ?? [];
    assert.ok(evidence.every(({ kind }) => kind !== 'resource'));
    // The same gauge does count where it takes what others use.
    const burning = changed(input, ({ id }) => (id === `${idle}/cpu` ? 6 : 1));
    assert.ok(
      diagnose(burning)
        .suspects.find(({ service }) => service === idle)
        ?.evidence.some(({ kind }) => kind === 'resource'),
    );
  });
});

describe('candidates', () => {
  it('are the fewest that hold most of the belief, and say how much', () => {
    for (const trouble of ['cpu', 'errors', 'delay'] as const) {
      const { candidates, suspects } = diagnose(
        estate({ seed: 58, faults: [{ service: 5, trouble }] }).input,
      );
      const { services, coverage } = candidates!;
      assert.ok(services.length <= 3 && coverage <= 1);
      const named = suspects.filter(({ service }) => services.includes(service));
      const sum = named.reduce((total, { confidence }) => total + confidence, 0);
      assert.ok(Math.abs(sum - coverage) < 1e-9, `${sum} is told as ${coverage}`);
      assert.equal(services[0], suspects[0]!.service);
    }
  });

  it('are two where two faults are as likely', () => {
    const faults = [4, 8].map((service) => ({ service, trouble: 'errors' as const }));
    const { candidates, suspects } = diagnose(estate({ seed: 29, faults }).input);
    const near = suspects.filter(({ confidence, status }) => confidence >= 0.1 && status !== 'ruled-out');
    assert.equal(candidates!.services.length, Math.min(3, Math.max(1, near.length)));
  });

  it('are none where nobody is named', () => {
    const { input } = estate({ seed: 58 });
    assert.equal(diagnose({ ...input, series: [] }).candidates, null);
  });
});

describe('kinds of fault', () => {
  const { input } = estate({ seed: 58, before: 120, after: 20, faults: [{ service: 5, trouble: 'cpu' }] });
  const cause = names[5]!;

  it('are memory where memory multiplied and burned CPU, and CPU where it did not', () => {
    assert.equal(diagnose(input).verdict.faultKind, 'cpu');
    const filled = changed(input, ({ id }) => (id === `${cause}/mem` ? 4 : 1));
    assert.equal(diagnose(filled).verdict.faultKind, 'memory');
  });

  it('are memory also where it filled up long before it hurt', () => {
    const begin = input.series[0]!.times[0]!;
    const leaking = {
      ...input,
      series: input.series.map((one) =>
        one.id === `${cause}/mem`
          ? { ...one, values: one.values.map((value, row) => value * (1 + (one.times[row]! - begin) / 450)) }
          : one,
      ),
    };
    assert.equal(diagnose(leaking).verdict.faultKind, 'memory');
  });

  it('are no shortage of CPU where the service is no slower', () => {
    const { input: failing } = estate({ seed: 58, faults: [{ service: 5, trouble: 'errors' }] });
    const busier = changed(failing, ({ id }) => (id === `${cause}/cpu` ? 2.2 : 1));
    assert.equal(diagnose(busier).suspects[0]!.service, cause);
    assert.equal(diagnose(busier).suspects[0]!.faultKind, 'code-change');
  });

  it("are the process's end where its platform counts fewer of it", () => {
    const { input: failing } = estate({ seed: 58, faults: [{ service: 5, trouble: 'errors' }] });
    const model = failing.series.find(({ id }) => id === `${cause}/cpu`)!;
    const processes: Series = {
      ...model,
      id: `${cause}/processes`,
      signal: 'availability',
      name: 'processes',
      unit: 'processes',
      worse: 'down',
      perspective: 'self',
      values: model.times.map((time) => (time >= ALERT_TIME ? 0 : 1)),
    };
    const { faultKind, confidence } = diagnose({
      ...failing,
      series: [...failing.series, processes],
    }).verdict;
    assert.equal(faultKind, 'dependency-down');
    assert.ok(confidence >= diagnose(failing).verdict.confidence);
  });
});
