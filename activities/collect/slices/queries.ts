import type { Binding } from '../../../model/reading.js';
import { queryFor, type Spans } from '../metrics/packs/binding.js';
import { nativeQuery } from '../metrics/packs/native.js';
import { Counted, TO_SECONDS } from '../metrics/packs/requests.js';
import type { Pack, RequestSpec, TimeUnit } from '../metrics/packs/schema.js';
import { quotePromql, quoteRegex } from '../metrics/packs/template.js';

/** What is counted of each slice, by the name that a query gives it. */
export const MEASURES = ['requests', 'seconds', 'failed'] as const;
export type Measure = (typeof MEASURES)[number];

/** Label that says which measure a series is of, in the answer to a query of several. */
export const MEASURE = 'measure';

/** Requests of one service as one pack counts them, and the queries by which they are told apart. */
export class CountedRequests {
  private readonly counted: Counted;
  /** Histograms that are kept as native ones. */
  private readonly native: ReadonlySet<string>;

  constructor(
    readonly pack: Pack,
    readonly binding: Binding,
    private readonly spec: RequestSpec,
    private readonly service: string,
    private readonly spans: Spans,
  ) {
    this.counted = new Counted(spec);
    this.native = new Set(pack.native === undefined || spec.duration === undefined ? [] : [spec.duration]);
  }

  /** A few of its series with all their labels. */
  examples(most: number): string {
    return this.asked(`topk(${most}, ${this.series()})`);
  }

  /** How many values each of these labels has. */
  valueCounts(labels: readonly string[]): string {
    const counts = labels.map((label) => {
      return `label_replace(count(count by (${label}) (${this.series([`${label}!=""`])})), "label", "${label}", "", "")`;
    });
    return this.asked(counts.join('\n  or '));
  }

  /** The values of a label with most requests, and those that took most time, or failed most, since the incident. */
  leadingValues(label: string, { byRequests, byLoss }: { byRequests: number; byLoss: number }): string {
    const of = (most: number, measure: Measure): string[] => {
      const sum = this.increase(measure, [`${label}!=""`], '$since');
      return sum === null ? [] : [`topk(${most}, sum by (${label}) (${sum}))`];
    };
    return this.asked(
      [...of(byRequests, 'requests'), ...of(byLoss, 'seconds'), ...of(byLoss, 'failed')].join('\n  or '),
    );
  }

  /**
   * Everything that is counted, by these labels, in spans of so many seconds. `only` keeps to these values of the last
   * label; then what all values have together stands beside them, without a label.
   */
  counts(by: readonly string[], spanSeconds: number, only: readonly string[] | null): string {
    const label = by.at(-1)!;
    const there = `${label}!=""`;
    const chosen = only === null ? there : `${label}=~${quotePromql(only.map(quoteRegex).join('|'))}`;
    const sums = MEASURES.flatMap((measure) => {
      const named = (sum: string): string => `label_replace(${sum}, "${MEASURE}", "${measure}", "", "")`;
      const slices = this.increase(measure, [chosen], `${spanSeconds}s`);
      const all = only === null ? null : this.increase(measure, [there], `${spanSeconds}s`);
      return [
        ...(slices === null ? [] : [named(`sum by (${by.join(', ')}) (${slices})`)]),
        ...(all === null ? [] : [named(`sum(${all})`)]),
      ];
    });
    return this.asked(sums.join('\n  or '));
  }

  /** Queries for people: seconds by request, and the share of the requests that failed. */
  toPaste(by: readonly string[]): { time: string | null; failures: string | null } {
    const sum = (measure: Measure): string | null => {
      const increase = this.increase(measure, [`${by.at(-1)!}!=""`], '$window');
      return increase === null ? null : `sum by (${by.join(', ')}) (${increase})`;
    };
    const ratio = (measure: Measure): string | null => {
      const upper = sum(measure);
      return upper === null ? null : this.asked(`${upper}\n  / ${sum('requests')}`);
    };
    return { time: ratio('seconds'), failures: ratio('failed') };
  }

  /** The counter as it stands. */
  private series(further: readonly string[] = []): string {
    return seriesOf(this.counted, this.pack, further);
  }

  /** Null where the pack does not tell it. */
  private increase(measure: Measure, further: readonly string[], span: string): string | null {
    const { count, duration, unit, outcomes } = this.spec;
    const of = (metric: string, more: readonly string[] = []): string =>
      this.counted.read(metric, [...more, ...further], (selected) => `increase(${selected}[${span}])`);
    switch (measure) {
      case 'requests':
        return of(count);
      case 'seconds':
        return duration === undefined ? null : `${of(`${duration}_sum`)}${TO_SECONDS[unit as TimeUnit]}`;
      case 'failed': {
        if (outcomes === undefined) return null;
        if (outcomes.failed === undefined) return of(outcomes.count!);
        return outcomes.failed.map((one) => of(outcomes.count ?? count, [one])).join(' or ');
      }
    }
  }

  private asked(template: string): string {
    const { label, select } = this.spec;
    // Without native histograms nothing is rewritten; what cannot be gives no series.
    const query = nativeQuery(template, this.native) ?? template;
    return queryFor({ query, label, select }, this.pack, this.binding, [this.service], this.spans);
  }
}

/** The counter of requests as it stands, without a rate; of a native histogram, what it counts. */
export function seriesOf(counted: Counted, pack: Pack, further: readonly string[]): string {
  const { count, duration } = counted.spec;
  if (pack.native === undefined || duration === undefined || count !== `${duration}_count`) {
    return counted.read(count, further, (selected) => selected);
  }
  return counted.read(duration, further, (selected) => `histogram_count(${selected})`);
}
