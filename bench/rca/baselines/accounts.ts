import type { DiagnosisInput } from '../../../analysis/input.js';
import type { Series } from '../../../model/series.js';
import { deviationOf, meanOf, quantileOf, rankingOf } from './scores.js';

/*
 * The books must balance: what a service lost in seconds and in requests, less what its callees lost for it, is its
 * own; as a share of what the alerting service lost, with its share of the processor time and memory that were taken.
 * No traces, logs, changes, kinds or confidence: whatever ranks worse than this has something to explain.
 */

/** Deviations of its calm that a move needs to be real; a resource swings more. */
const REAL = 3;
const REAL_RESOURCE = 4;
/** What stands for the deviations of a move without a calm to compare with. */
const SURELY_REAL = 9;
/** Where means are guessed from percentiles, a callee that lost half of what its caller lost explains all of it. */
const GUESSED_MEANS = 2;
/** Share of the system's use that a rise must come to, to count in full. */
const MATERIAL = 0.1;
/** What a service that no call links to the alert is worth. */
const UNLINKED = 0.5;
const MOST_OF_ONE_ACCOUNT = 1.2;
/** Steps of this many seconds and more are few: the last five are the incident, and weigh by how bad the alert was. */
const COARSE_STEP = 300;

/** The view from outside keeps an account, and is nobody's. */
const OUTSIDE = 'ENTRY';

type Account = Map<string, Float64Array>;

/** Ranks services by their own shares of what was lost and taken. */
export function accounts(input: DiagnosisInput): string[] {
  const books = new Books(input);
  const { symptom } = input.anomaly;
  if (symptom !== 'availability') books.close(books.seconds());
  if (symptom !== 'latency') books.close(books.requests());
  for (const resource of ['cpu', 'memory']) books.take(resource);
  books.score.delete(OUTSIDE);
  return rankingOf(books.score);
}

class Books {
  readonly score = new Map<string, number>();
  private readonly columns = new Map<string, Map<string, Series>>();
  private readonly isBad: (time: number) => boolean;
  private readonly isCalm: (time: number) => boolean;
  private readonly isCoarse: boolean;
  private readonly rows: number;
  private readonly over: number;
  private readonly callees = new Map<string, Set<string>>();
  private readonly callers = new Map<string, Set<string>>();
  private readonly reached: Set<string>;

  constructor(private readonly input: DiagnosisInput) {
    const { anomaly, window, series, graph } = input;
    const step = window.stepSeconds;
    this.isCoarse = step >= COARSE_STEP;
    const times = series[0]?.times ?? new Float64Array();
    const lastRows = times[Math.max(0, times.length - 5)] ?? Infinity;
    const slack = Math.min(step < 60 ? 60 : 2 * step, (anomaly.time - window.start) / 3);
    this.isBad = (time) => time >= (this.isCoarse ? lastRows : anomaly.time - step / 2);
    this.isCalm = (time) => time < anomaly.time - (this.isCoarse ? 600 : slack);
    this.rows = times.filter(this.isBad).length;
    for (const one of series) {
      const { subject, id } = one;
      const outside = subject.kind === 'edge' && subject.caller === OUTSIDE;
      const owner = subject.kind === 'service' ? subject.service : outside ? OUTSIDE : null;
      if (owner === null) continue;
      const own = this.columns.get(owner) ?? new Map<string, Series>();
      this.columns.set(owner, own.set(id.slice(id.lastIndexOf('/') + 1).replace(/^client-/u, ''), one));
      this.score.set(owner, 0);
    }
    this.over = [...this.columns.values()].some((own) => own.has('latency-mean')) ? 1 : GUESSED_MEANS;
    for (const { caller, callee } of graph.edges) {
      this.callees.set(caller, (this.callees.get(caller) ?? new Set()).add(callee));
      this.callers.set(callee, (this.callers.get(callee) ?? new Set()).add(caller));
    }
    this.reached = new Set([anomaly.service]);
    for (const service of this.reached) {
      for (const callee of this.callees.get(service) ?? []) this.reached.add(callee);
    }
  }

  /** Seconds lost per second at each moment of the incident: the rise of the mean times the requests. */
  seconds(): Account {
    const lost: Account = new Map();
    for (const [service, own] of this.columns) {
      const mean = own.get('latency-mean');
      const columns = mean ? [mean] : ['latency-p50', 'latency-p90'].flatMap((name) => own.get(name) ?? []);
      if (columns.length === 0) continue;
      const moves = columns.map((column) => this.moveOf(column));
      const real = Math.max(0, ...moves.map(({ deviations }) => deviations));
      const rate = this.rateOf(own);
      const rise = (row: number): number => {
        const [first, second] = moves;
        if (!second) return first!.now[row]! - first!.before;
        return meanFrom(first!.now[row]!, second.now[row]!) - meanFrom(first!.before, second.before);
      };
      lost.set(
        service,
        rate.map((value, row) => (real > REAL ? rise(row) * value : 0)),
      );
    }
    return lost;
  }

  /** Requests lost per second: the rise of the share that fails times the requests. */
  requests(): Account {
    const lost: Account = new Map();
    for (const [service, own] of this.columns) {
      const column = own.get('error-ratio');
      if (!column || !this.bad(column).some(Number.isFinite)) continue;
      const { before, spread } = this.before(column);
      const rise = this.bad(column).map((value) => (Number.isFinite(value) ? value - before : 0));
      const isReal = spread === null || meanOf(rise) / spread > REAL;
      lost.set(
        service,
        this.rateOf(own).map((value, row) => (isReal ? rise[row]! * value : 0)),
      );
    }
    return lost;
  }

  /** Adds each service's own share of what the alerting service lost. */
  close(account: Account): void {
    const weight = this.weightOf(account);
    if (weight === null) return;
    const lost = new Map(
      [...account].map(([service, values]) => [service, Math.max(0, weightedMean(values, weight))]),
    );
    const whole = lost.get(this.input.anomaly.service) || Math.max(0, ...lost.values());
    if (whole <= 0) return;
    for (const [service, amount] of lost) {
      let explained = 0;
      for (const callee of this.callees.get(service) ?? []) {
        if (callee === service || !lost.has(callee)) continue;
        const callers = [...this.callers.get(callee)!];
        const ofAll = callers.reduce((sum, caller) => sum + (lost.get(caller) ?? 0), 0) || 1;
        explained += (lost.get(callee)! * amount) / ofAll;
      }
      const own = Math.max(0, amount - this.over * explained) / whole;
      this.add(service, Math.min(MOST_OF_ONE_ACCOUNT, own) * (this.reached.has(service) ? 1 : UNLINKED));
    }
  }

  /** Adds each service's share of what was taken of a resource, in full where it is material. */
  take(resource: string): void {
    const rises = new Map<string, number>();
    let use = 0;
    for (const [service, own] of this.columns) {
      const column = own.get(resource);
      if (!column) continue;
      const { before, spread } = this.before(column);
      const rise = meanOf(this.bad(column).filter(Number.isFinite)) - before;
      const isReal = spread === null || rise / spread > REAL_RESOURCE;
      rises.set(service, isReal && rise > 0 ? rise : 0);
      use += before;
    }
    const total = [...rises.values()].reduce((sum, rise) => sum + rise, 0);
    if (total <= 0) return;
    for (const [service, rise] of rises) {
      this.add(service, (Math.min(1, total / (MATERIAL * (use || 1))) * rise) / total);
    }
  }

  private add(service: string, more: number): void {
    this.score.set(service, (this.score.get(service) ?? 0) + more);
  }

  /** How much each moment counts; null when nothing was lost. */
  private weightOf(account: Account): Float64Array | null {
    if (!this.isCoarse) return new Float64Array(this.rows).fill(1);
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    let weight = account.get(this.input.anomaly.service) ?? new Float64Array(this.rows);
    if (sum(weight) <= 0) {
      const all = [...account.values()];
      weight = weight.map((_, row) => all.reduce((total, values) => total + Math.max(0, values[row]!), 0));
    }
    weight = weight.map((value) => Math.max(0, value));
    return sum(weight) > 0 ? weight : null;
  }

  private bad({ times, values }: Series): Float64Array {
    return values.filter((_, row) => this.isBad(times[row]!));
  }

  private calm({ times, values }: Series): Float64Array {
    return values.filter((value, row) => Number.isFinite(value) && this.isCalm(times[row]!));
  }

  /** Requests that hang are demand all the same: never fewer than in the calm. */
  private rateOf(own: Map<string, Series>): Float64Array {
    const column = own.get('request-rate');
    if (!column) return new Float64Array(this.rows).fill(1);
    const rate = this.bad(column).map((value) => (Number.isFinite(value) ? value : 0));
    const calm = this.calm(column).sort();
    if (this.isCoarse || calm.length === 0) return rate;
    const usual = quantileOf(calm, 0.5);
    return rate.map((value) => Math.max(value, usual));
  }

  /** Level and spread of the means of stretches as long as the incident; without a calm the best moment. */
  private before(column: Series): { before: number; spread: number | null } {
    const calm = this.calm(column);
    if (calm.length < 3) {
      const finite = this.bad(column).filter(Number.isFinite);
      return { before: finite.length > 0 ? Math.min(...finite) : 0, spread: null };
    }
    const length = Math.max(1, Math.min(Math.floor(calm.length / 4), this.rows));
    const means: number[] = [];
    for (let from = 0; from + length <= calm.length; from += Math.max(1, length >> 1)) {
      means.push(meanOf(calm.subarray(from, from + length)));
    }
    const sorted = calm.slice().sort();
    const range = quantileOf(sorted, 0.9) - quantileOf(sorted, 0.1);
    const spread = Math.max(deviationOf(Float64Array.from(means)), range / 2.56 / Math.sqrt(length), 1e-12);
    return { before: quantileOf(sorted, 0.5), spread };
  }

  private moveOf(column: Series): { now: Float64Array; before: number; deviations: number } {
    const { before, spread } = this.before(column);
    const now = this.bad(column).map((value) => (Number.isFinite(value) ? value : before));
    const deviations = spread === null ? SURELY_REAL : meanOf(now.map((value) => value - before)) / spread;
    return { now, before, deviations };
  }
}

function weightedMean(values: Float64Array, weight: Float64Array): number {
  let sum = 0;
  let whole = 0;
  values.forEach((value, row) => {
    sum += value * weight[row]!;
    whole += weight[row]!;
  });
  return sum / whole;
}

/** The mean of a latency whose half lies below `p50` and whose tail is exponential through `p90`. */
function meanFrom(p50: number, p90: number): number {
  const half = Math.max(p50, 1e-6);
  const most = Math.max(p90, half * 1.0001);
  return 0.5 * half + (0.4 * (most - half)) / Math.log(most / half) + 0.1 * most;
}
