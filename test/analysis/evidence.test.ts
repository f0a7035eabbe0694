import assert from 'node:assert/strict';
import { beliefs } from '../../analysis/calibration.js';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Ranked } from '../../analysis/rank.js';
import { metaOf } from '../../analysis/evidence/finding.js';
import { CHECK } from '../../analysis/weights.js';
import { claimOf, type Case, type Claim } from '../../analysis/verdict/claims.js';
import { accountsFor, tailOf } from '../../analysis/story.js';
import { shapeOf } from '../../analysis/shape.js';
import type { CheckResult } from '../../model/check.js';
import type { Diagnosis, Evidence } from '../../model/diagnosis.js';
import type { Series, SignalKind } from '../../model/series.js';
import { ALERT_TIME, estate } from '../support/estate.js';
import type { Deviation } from '../../analysis/series/deviation.js';
import { ordinaryTraces } from '../support/spans.js';

const { input, names } = estate({ seed: 58, faults: [{ service: 5, trouble: 'delay' }] });
const cause = names[5]!;

function evidenceOf(result: Diagnosis, service: string): Evidence[] {
  return result.suspects.find((suspect) => suspect.service === service)?.evidence ?? [];
}

function check(service: string, outcome: CheckResult['outcome'], speaksFor: string | null): CheckResult {
  return {
    check: 'target-up',
    service,
    outcome,
    statement: '0 of 2 targets answer',
    speaksFor,
    query: null,
    source: 'test',
    ranAt: ALERT_TIME,
    tookMs: 3,
  };
}

describe('checks', () => {
  const plain = diagnose(input);
  const scoreOf = (given: DiagnosisInput): number => diagnose(given).ranking[0]!.score;

  it('strengthen a suspect when they fail, and name the kind', () => {
    const result = diagnose({ ...input, checks: [check(cause, 'failed', 'dependency-down')] });
    assert.ok(result.ranking[0]!.score > plain.ranking[0]!.score);
    const seen = evidenceOf(result, cause).find(({ kind }) => kind === 'check');
    assert.match(seen!.statement, /0 of 2 targets answer/u);
    assert.ok(result.suspects[0]!.faultKinds.some(({ kind }) => kind === 'dependency-down'));
  });

  const kindOf = ({ suspects }: Diagnosis, wanted: string): number =>
    suspects[0]!.faultKinds.find(({ kind }) => kind === wanted)?.probability ?? 0;

  it('count with their Bayes factor against the service, as far as it is suspected for that kind', () => {
    for (const kind of ['code-change', 'network', 'quota']) {
      const share = kindOf(plain, kind);
      const { detects, falseAlarm } = CHECK.probe;
      const factor = 1 - share + (share * (1 - detects)) / (1 - falseAlarm);
      const passed = scoreOf({ ...input, checks: [check(cause, 'passed', kind)] });
      const fell = plain.ranking[0]!.score - passed;
      assert.ok(Math.abs(fell + Math.log(factor)) < 1e-5, `${kind}: fell by ${fell}, believed ${share}`);
    }
  });

  it('rule out their kind when they pass, and say nothing when they could not run', () => {
    const passed = diagnose({ ...input, checks: [check(cause, 'passed', 'code-change')] });
    assert.ok(kindOf(passed, 'code-change') < kindOf(plain, 'code-change'));
    const why = passed.ruledOut.find(({ what }) => what === `code change at ${cause}`)?.why;
    assert.equal(why, '0 of 2 targets answer.');
    const mute = diagnose({ ...input, checks: [check(cause, 'could-not-run', 'code-change')] });
    assert.deepEqual(mute.suspects, plain.suspects);
  });

  it('deny what the suspect is suspected for when they pass', () => {
    const gone = estate({ seed: 58, faults: [{ service: 5, trouble: 'down' }] });
    const before = diagnose(gone.input);
    const service = before.verdict.service!;
    assert.equal(before.verdict.faultKind, 'dependency-down');
    const denied = diagnose({ ...gone.input, checks: [check(service, 'passed', 'dependency-down')] });
    const against = evidenceOf(denied, service).find(
      ({ kind, stance }) => kind === 'check' && stance === 'against',
    );
    assert.match(against!.statement, /rule out service down: 0 of 2 targets answer/u);
    assert.ok(denied.suspects.find((one) => one.service === service)!.confidence < before.verdict.confidence);
  });

  it('are named where they decided, and only there', () => {
    const quiet = names.find((name) => name !== cause && name !== input.anomaly.service)!;
    const { decidedBy: by, verdict } = diagnose({
      ...input,
      checks: [1, 2, 3].map((i) => ({ ...check(quiet, 'failed', 'disk'), check: `disk-${i}` })),
    });
    assert.equal(verdict.service, quiet);
    assert.equal(by?.service, quiet);
    assert.match(by.statement, /^Check disk-1 of .* failed: 0 of 2 targets answer$/u);
    assert.equal(diagnose({ ...input, checks: [check(cause, 'passed', 'quota')] }).decidedBy, undefined);
    assert.equal(plain.decidedBy, undefined);
  });

  it('of services that nobody knows are no evidence', () => {
    assert.equal(scoreOf({ ...input, checks: [check('stranger', 'failed', null)] }), plain.ranking[0]!.score);
  });

  it('count once, however often they are told', () => {
    const one = check(cause, 'failed', null);
    assert.equal(scoreOf({ ...input, checks: [one, one] }), scoreOf({ ...input, checks: [one] }));
  });
});

describe('traces', () => {
  /** `front` calls `back` through a sending span; from the alert on, one of the parts takes longer. */
  function spansWith(slow: 'within' | 'way'): DiagnosisInput['spans'] {
    const traces = 240;
    const rows = traces * 3;
    const spans = {
      services: ['front', 'back'],
      operations: ['serve', 'call', 'answer'],
      trace: new Uint32Array(rows),
      parent: new Int32Array(rows),
      service: new Uint32Array(rows),
      operation: new Uint32Array(rows),
      start: new Float64Array(rows),
      duration: new Float64Array(rows),
      failed: new Uint8Array(rows).fill(255),
      ...ordinaryTraces(traces),
    };
    for (let trace = 0; trace < traces; trace += 1) {
      const start = ALERT_TIME - 900 + trace * 5;
      const late = start > ALERT_TIME;
      const answer = 0.01 + (late && slow === 'within' ? 0.2 : 0) + 0.0001 * (trace % 7);
      const call = answer + 0.002 + (late && slow === 'way' ? 0.2 : 0);
      [call + 0.005, call, answer].forEach((duration, part) => {
        const row = trace * 3 + part;
        spans.trace[row] = trace;
        spans.parent[row] = part === 0 ? -1 : row - 1;
        spans.service[row] = part === 2 ? 1 : 0;
        spans.operation[row] = part;
        spans.start[row] = start + part * 0.001;
        spans.duration[row] = duration;
      });
    }
    return spans;
  }

  function diagnoseSpans(spans: DiagnosisInput['spans']): Diagnosis {
    const learntFrom = { source: 'test', seenAt: null };
    return diagnose({
      ...input,
      anomaly: { ...input.anomaly, service: 'front' },
      graph: {
        services: ['front', 'back'],
        edges: [{ caller: 'front', callee: 'back', learntFrom }],
        placements: [],
        external: [],
      },
      series: [],
      spans,
    });
  }

  it('blame the service that spends the time itself', () => {
    const result = diagnoseSpans(spansWith('within'));
    assert.equal(result.ranking[0]?.service, 'back');
    assert.match(evidenceOf(result, 'back')[0]!.statement, /within back/u);
    assert.notEqual(result.verdict.level, 'inconclusive');
  });

  it('tell time on the way from time within', () => {
    const result = diagnoseSpans(spansWith('way'));
    assert.match(evidenceOf(result, 'back')[0]!.statement, /on the way/u);
    assert.equal(result.suspects[0]?.faultKind, 'network');
  });
});

describe('what accounts for a symptom', () => {
  const move = (
    signal: 'latency' | 'errors',
    before: number,
    after: number,
    name = 'latency-average',
  ): Deviation => ({
    series: {
      ...input.series[0]!,
      signal,
      name,
      unit: signal === 'latency' ? 's' : '1',
    },
    sign: 1,
    surprise: 5,
    sigmas: 30,
    strength: 5,
    before,
    after,
    weighed: { before, after },
    from: 10,
    to: 12,
    onset: 0,
    onsetUncertainty: 0,
    deviations: new Float64Array(0),
  });
  const even = { theirs: 100, mine: 100 };

  it('is as many seconds as were lost, not fewer', () => {
    const mine = move('latency', 0.1, 0.5);
    assert.equal(accountsFor([move('latency', 0.05, 0.45)], mine, even)?.share, 1);
    assert.ok(accountsFor([move('latency', 0.05, 0.06)], mine, even)!.share < 0.1);
  });

  it('is not a call that is made once in a hundred requests, for a mean; but it is, for a 99th percentile', () => {
    const rare = { theirs: 1, mine: 100 };
    const theirs = [move('latency', 0.1, 0.6)];
    assert.ok(accountsFor(theirs, move('latency', 0.1, 0.5), rare)!.share < 0.1);
    assert.equal(accountsFor(theirs, move('latency', 0.1, 0.5, 'latency-p99'), rare)?.share, 1);
  });

  it('counts what was really lost, also by a metric that had never moved before', () => {
    const cut = { ...move('errors', 0, 0.5), weighed: { before: 0, after: 0.04 } };
    const rare = { theirs: 7, mine: 100 };
    assert.equal(accountsFor([cut], move('errors', 0, 0.035), rare)?.share, 1);
  });

  it('is of the same kind', () => {
    assert.ok(accountsFor([move('latency', 0.1, 0.2)], move('errors', 0, 0.1), even)!.share < 0.5);
  });

  it('reads the tail of a percentile from its name', () => {
    assert.ok(Math.abs(tailOf('latency-p99') - 0.01) < 1e-12);
    assert.equal(tailOf('latency-50'), 0.5);
    assert.equal(tailOf('latency-average'), 1);
  });
});

describe('the change that triggered it', () => {
  const pool = estate({ seed: 61, faults: [{ service: 5, trouble: 'connections' }] });
  const victim = pool.names[5]!;
  const withConfig = (details: string): Diagnosis =>
    diagnose({
      ...pool.input,
      changes: [
        {
          id: 'c-1',
          kind: 'config',
          time: ALERT_TIME - 60,
          service: victim,
          title: `${victim} 2.4.1`,
          details,
          files: [],
          author: null,
          link: null,
          source: 'test',
        },
      ],
    });

  it('that deals with what fails is the kind of fault, and what the machine shows its effect', () => {
    assert.equal(diagnose(pool.input).verdict.faultKind, 'pool-saturation');
    assert.equal(withConfig('socket.most: 64 -> 4').verdict.faultKind, 'configuration');
  });

  it('that merely came before says nothing against what the machine shows', () => {
    assert.equal(withConfig('').verdict.changeId, 'c-1');
    assert.equal(withConfig('').verdict.faultKind, 'pool-saturation');
  });
});

describe('traffic that no known caller sends', () => {
  /** The service and its calls get `more` times their traffic since the alert. */
  function crowded(service: number, more: number, callsGrow: boolean): DiagnosisInput {
    const { input: given, names: all } = estate({ seed: 61, faults: [{ service, trouble: 'cpu' }] });
    const name = all[service]!;
    const scaled = (one: Series, factor: number): Series => ({
      ...one,
      values: one.values.map((value, row) => (one.times[row]! >= ALERT_TIME ? value * factor : value)),
    });
    const own = given.series.find(({ id }) => id === `${name}/workload`)!;
    const callers = given.graph.edges.filter(({ callee }) => callee === name).map(({ caller }) => caller);
    const calls = callers.map((caller): Series => ({
      ...scaled(own, callsGrow ? more : 1),
      id: `${caller}>${name}/calls`,
      subject: { kind: 'edge', caller, callee: name },
      perspective: 'client',
    }));
    return {
      ...given,
      series: [...given.series.map((one) => (one === own ? scaled(one, more) : one)), ...calls],
    };
  }

  it('is a surge at the service that gets it, however deep that stands', () => {
    const { verdict } = diagnose(crowded(6, 8, false));
    assert.equal(verdict.service, input.graph.services[6]);
    assert.equal(verdict.faultKind, 'traffic-surge');
  });

  it('is none when its callers send as much more', () => {
    const result = diagnose(crowded(6, 8, true));
    assert.ok(result.suspects.every(({ evidence }) => evidence.every(({ kind }) => kind !== 'load')));
  });
});

describe('the shape of a symptom', () => {
  it('holds means over even steps of the window, with gaps', () => {
    const window = { start: 0, end: 790, stepSeconds: 10 };
    const times = Float64Array.from({ length: 80 }, (_, row) => row * 10);
    const values = times.map((_, row) => (row === 4 || row === 5 ? NaN : row + 1 / 3));
    const shape = shapeOf({ times, values }, window);
    assert.equal(shape.length, 40);
    assert.deepEqual(shape.slice(0, 4), [0.8333, 2.833, null, 6.833]);
    assert.equal(shape.at(-1), 78.83);
  });

  it('has no more steps than there are samples', () => {
    const shape = shapeOf(
      { times: Float64Array.of(0, 60), values: Float64Array.of(1, 2) },
      { start: 0, end: 60, stepSeconds: 60 },
    );
    assert.deepEqual(shape, [1, 2]);
  });

  it('comes with every symptom of a diagnosis', () => {
    const { symptoms } = diagnose(input);
    assert.ok(symptoms.length > 0);
    for (const { shape } of symptoms) assert.equal(shape!.filter((value) => value !== null).length, 40);
  });
});

describe('belief and claim', () => {
  it('follows the scores, leaves room for nobody and is never certain', () => {
    const told = (scores: number[], noise: number | null = null, best = scores[0] ?? 0): number[] =>
      beliefs(scores, { noise, best });
    const [first, second] = told([8, 6, 0]);
    assert.ok(first! > second! && first! + second! < 1);
    assert.ok(told([50])[0]! <= 0.99);
    assert.ok(told([1])[0]! < 0.2, 'a whisper convinces nobody');
    assert.deepEqual(told([]), []);
    // As loud as it is in the calm is as good as nothing; a placebo that is silent makes nobody surer.
    assert.ok(told([8, 2], 8)[0]! < 0.5 && told([8, 2], 2)[0]! > 0.9);
    assert.equal(told([8, 2], 0)[0], told([8, 2])[0]);
    // What changes say moves belief between suspects, and takes none from nobody.
    const sum = (beliefsOf: number[]): number => beliefsOf.reduce((total, one) => total + one, 0);
    assert.ok(told([6, 4], null, 4)[0]! > told([4, 4], null, 4)[0]!);
    assert.ok(sum(told([6, 4], null, 4)) < sum(told([6, 4], null, 6)));
  });

  const given = (
    kind: Evidence['kind'],
    weight: number,
    {
      stance = 'for',
      signal = 'cpu',
      onset = 1000,
    }: Partial<Pick<Evidence, 'stance'>> & {
      signal?: SignalKind;
      onset?: number;
    } = {},
  ): Evidence => ({
    observation: kind + stance,
    kind,
    stance,
    weight,
    statement: 'CPU of a rose from 1 to 2.5 cores.',
    movement: {
      before: 1,
      after: 2.5,
      unit: 'cores',
      direction: 'up',
      onset: { time: onset, uncertaintySeconds: 10 },
      surprise: 0,
    },
    series: { ...metaOf(input.series[0]!), signal },
    changeId: kind === 'change' ? 'c-1' : null,
  });
  const ranked = (score: number, evidence: Evidence[]): Ranked[] => [
    { service: 0, score, belief: 0.9, evidence, kinds: new Map() },
    { service: 1, score: 1, belief: 0.05, evidence: [], kinds: new Map() },
  ];
  const firstSymptom = { time: 1000, uncertaintySeconds: 10 };
  const claimed = (
    evidence: Evidence[],
    {
      confidence = 0.9,
      score = 8,
      isExternal = false,
      faultKind = 'cpu',
      ...rest
    }: Partial<Omit<Case, 'names' | 'ranked'>> & { score?: number } = {},
  ): Claim =>
    claimOf({
      names: ['a', 'b'],
      ranked: ranked(score, evidence),
      confidence,
      faultKind,
      most: 1,
      missing: null,
      kindBelief: 0.8,
      unproven: null,
      explaining: new Set(['c-1']),
      isExternal,
      firstSymptom,
      unlinkedTo: null,
      unread: null,
      ...rest,
    });
  const claim = (...of: Parameters<typeof claimed>): string => claimed(...of).rule;
  const harm = given('local-symptom', 4, { signal: 'latency' });

  it('confirms a change of state with the harm it does, and says both', () => {
    for (const kind of ['resource', 'change', 'check'] as const) {
      assert.equal(claim([given(kind, 3), harm]), 'state-change-with-mechanism');
    }
    assert.equal(
      claim([given('load', 3), harm], { faultKind: 'traffic-surge' }),
      'state-change-with-mechanism',
    );
    const gone = { ...given('silence', 3), observation: 'reports of a' };
    assert.equal(claim([gone, harm]), 'state-change-with-mechanism');
    // Whoever fails before it asks falls silent towards its callees: no state of its own.
    assert.equal(claim([given('silence', 3), harm]), 'strongest-lead');
    assert.equal(
      claimed([given('resource', 3), harm]).reason,
      'CPU of a rose from 1 to 2.5 cores; this explains the symptom: CPU of a rose from 1 to 2.5 cores.',
    );
  });

  it('names what was done rather than what that did to the machine', () => {
    const release = {
      ...given('change', 2),
      statement: 'Release 2.4.1: 70 % likely to be the trigger. Took effect 9 s before.',
    };
    assert.match(
      claimed([given('resource', 5), harm, release]).reason,
      /^Release 2\.4\.1: 70 % likely to be the trigger; this explains/u,
    );
  });

  it('only suspects where there is suffering alone, a contradiction, or too little belief', () => {
    assert.equal(claim([given('local-symptom', 6), given('explains-callers', 2)]), 'strongest-lead');
    assert.equal(claim([given('trace', 6), given('explains-callers', 2)]), 'strongest-lead');
    const contradicted = [given('resource', 3), harm, given('contradiction', 3, { stance: 'against' })];
    assert.equal(claim(contradicted), 'strongest-lead');
    assert.equal(claim([given('resource', 3), harm], { confidence: 0.6 }), 'strongest-lead');
  });

  it('takes neither queues, nor a resource that is not the fault, nor what came after the first symptom for the cause', () => {
    assert.equal(claim([given('resource', 3, { signal: 'connections' }), harm]), 'strongest-lead');
    assert.equal(claim([given('resource', 3), harm], { faultKind: 'network' }), 'strongest-lead');
    assert.equal(claim([given('resource', 3, { onset: 1030 }), harm]), 'strongest-lead');
    assert.equal(claim([given('resource', 3, { onset: 1010 }), harm]), 'state-change-with-mechanism');
  });

  it('confirms nothing of a service outside by checks: they see what its callers feel', () => {
    assert.equal(claim([given('check', 3), harm], { isExternal: true }), 'strongest-lead');
    assert.equal(claim([given('change', 3), harm], { isExternal: true }), 'state-change-with-mechanism');
  });

  it('is never told as all but certain when it is not confirmed', () => {
    const lead = claimed([harm], { confidence: 0.99 });
    assert.equal(lead.confidence, 0.95);
    assert.match(lead.reason, /95 %/u);
    assert.equal(claimed([given('resource', 3), harm], { confidence: 0.99 }).confidence, 0.99);
  });

  it('confirms nothing whose way to the alert, kind or change is not borne out', () => {
    const evidence = [given('resource', 3), harm];
    assert.equal(claim(evidence, { kindBelief: 0.45 }), 'strongest-lead');
    const unproven = 'a accounts for 5 % of what front lost';
    assert.equal(claimed(evidence, { unproven }).level, 'suspected');
    assert.match(claimed(evidence, { unproven }).reason, /but a accounts for 5 % of what front lost\.$/u);
    assert.equal(claim([given('change', 3), harm], { explaining: new Set() }), 'strongest-lead');
    assert.equal(claim([given('load', 3), harm]), 'strongest-lead', 'a surge confirms no shortage of CPU');
  });

  it('settles nothing where what decides was not seen, and says what that is', () => {
    const told = claimed([given('resource', 3), harm], { most: 0.3, missing: 'What a shares with b' });
    assert.deepEqual([told.level, told.rule, told.confidence], ['inconclusive', 'unsettled', 0.3]);
    assert.match(told.reason, /^a leads, .*: what a shares with b\.$/u);
  });

  it('does not decide on whispers or between equals', () => {
    assert.equal(claim([given('local-symptom', 1)], { score: 1 }), 'too-weak');
    assert.equal(claim([harm], { confidence: 0.3 }), 'undecided');
    assert.equal(claimed([], { confidence: 0, score: 0 }).level, 'inconclusive');
  });
});

describe('calls that only the caller sees fail', () => {
  const calls = [
    ['front', 'left'],
    ['front', 'right'],
    ['left', 'store'],
    ['right', 'store'],
  ] as const;

  /** Failure ratios since the alert, by service or `caller>callee`; all others stay near 0. */
  function failing(ratios: Record<string, number>): DiagnosisInput {
    const times = Float64Array.from({ length: 80 }, (_, row) => ALERT_TIME + (row - 60) * 15);
    const named = ['front', 'left', 'right', 'store'].map((name) => [name] as const);
    const series = [...named, ...calls].map(([first, second]): Series => {
      const id = second === undefined ? first : `${first}>${second}`;
      const after = ratios[id] ?? 0;
      return {
        ...metaOf(input.series[0]!),
        id,
        subject:
          second === undefined
            ? { kind: 'service', service: first }
            : { kind: 'edge', caller: first, callee: second },
        signal: 'errors',
        name: 'error ratio',
        unit: '1',
        worse: 'up',
        perspective: second === undefined ? 'server' : 'client',
        times,
        values: times.map((time, row) => 0.001 * (row % 3) + (time >= ALERT_TIME ? after : 0)),
      };
    });
    const learntFrom = { source: 'test', seenAt: null };
    return {
      ...input,
      anomaly: { service: 'front', symptom: 'errors', time: ALERT_TIME },
      window: { start: times[0]!, end: times.at(-1)!, stepSeconds: 15 },
      graph: {
        services: named.flat(),
        edges: calls.map(([caller, callee]) => ({ caller, callee, learntFrom })),
        placements: [],
        external: [],
      },
      series,
    };
  }
  const seen = { front: 0.4, left: 0.8, 'front>left': 0.8, 'left>store': 0.8 };

  it('are its own doing when neither the callee nor its other callers see it', () => {
    assert.equal(diagnose(failing(seen)).verdict.service, 'left');
  });

  it("are the callee's when another caller sees it too, or the callee itself", () => {
    const both = { ...seen, right: 0.8, 'front>right': 0.8, 'right>store': 0.8 };
    assert.equal(diagnose(failing(both)).verdict.service, 'store');
    assert.equal(diagnose(failing({ ...seen, store: 0.4 })).verdict.service, 'store');
  });
});

describe('a process that dies of memory', () => {
  const burning = estate({ seed: 61, faults: [{ service: 5, trouble: 'cpu' }] });
  const victim = burning.names[5]!;

  /** The same with the memory of the victim multiplied, by samples after the alert. */
  function withMemory(factor: (after: number) => number): Diagnosis {
    const series = burning.input.series.map((one) => {
      if (one.id !== `${victim}/mem`) return one;
      const values = one.values.map((value, row) => value * factor((one.times[row]! - ALERT_TIME) / 15));
      return { ...one, values };
    });
    return diagnose({ ...burning.input, series });
  }
  const climb = (after: number): number => 1 + Math.max(0, after + 2) / 4;
  const told = (result: Diagnosis): boolean =>
    evidenceOf(result, victim).some(({ statement }) => /until its process ended/u.test(statement));

  it('is short of memory, although it burned CPU to find some', () => {
    const result = withMemory((after) => (after < 6 ? climb(after) : after < 8 ? NaN : 1));
    assert.ok(told(result));
    assert.equal(result.verdict.service, victim);
    assert.equal(result.verdict.faultKind, 'memory');
    assert.match(result.verdict.reason, /^mem of /u);
  });

  it('is not one that missed a sample, nor one whose memory is as ever', () => {
    assert.ok(!told(withMemory((after) => (after === 6 ? NaN : climb(after)))));
    assert.ok(!told(withMemory((after) => (after === 6 ? NaN : 1))));
  });
});
