import type { Change } from '../../../../model/change.js';
import { CLUSTER_LABELS } from '../../../../model/identity/labels.js';
import { OutOfTime, PartialAnswer, SourceError } from './errors.js';
import type {
  Answer,
  AnswerSeries,
  AskOptions,
  Health,
  MetricsSource,
  NamesOptions,
  RangeWindow,
} from './source.js';

/** What of one source was asked for, and not answered. */
interface Unanswered {
  part: MetricsSource;
  error: SourceError | OutOfTime;
}

/**
 * Several sources asked side by side as one: one that does not answer is told among the warnings, and only when none
 * does an error is thrown. A series that two of them have is taken from the first. A source that covers one cluster
 * puts its name on series that carry none, so that clusters are told apart.
 */
export class SeveralSources implements MetricsSource {
  readonly name: string;

  constructor(readonly parts: readonly MetricsSource[]) {
    this.name = parts.map(({ name }) => name).join(', ');
  }

  instant(query: string, time: number, options: AskOptions = {}): Promise<Answer> {
    return this.answer(options, (part) => part.instant(query, time, options));
  }

  range(query: string, window: RangeWindow, options: AskOptions = {}): Promise<Answer> {
    return this.answer(options, (part) => part.range(query, window, options));
  }

  async metricNames(patterns: readonly string[], options: NamesOptions = {}): Promise<Set<string>> {
    const { answers } = await askAll(this.parts, (part) => part.metricNames(patterns, options));
    return new Set(answers.flatMap(({ answer }) => [...answer]));
  }

  async metricTypes(options: AskOptions = {}): Promise<Map<string, string>> {
    const { answers } = await askAll(
      this.parts,
      async (part) => (await part.metricTypes?.(options)) ?? new Map(),
    );
    return new Map(answers.flatMap(({ answer }) => [...answer]));
  }

  async health(options: AskOptions = {}): Promise<Health> {
    const all = await Promise.all(this.parts.map((part) => part.health(options)));
    const joined = (of: (one: Health) => string): string => [...new Set(all.map(of))].join(', ');
    return { product: joined(({ product }) => product), version: joined(({ version }) => version) };
  }

  changes(): Change[] {
    return this.parts.flatMap((part) => part.changes?.() ?? []);
  }

  close(): void {
    for (const part of this.parts) part.close();
  }

  private async answer(
    { complete = false }: AskOptions,
    ask: (part: MetricsSource) => Promise<Answer>,
  ): Promise<Answer> {
    const { answers, unanswered } = await askAll(this.parts, ask);
    const away = unanswered.map(({ part, error }) => `${part.name} could not be read: ${error.reason}`);
    if (complete && away.length > 0) {
      throw new PartialAnswer({ operation: 'query', endpoint: this.name }, away.join('; '));
    }
    const series = new Map<string, AnswerSeries>();
    for (const { part, answer } of answers) {
      for (const one of answer.series.map((one) => placed(one, part))) {
        const key = JSON.stringify(Object.entries(one.labels).sort());
        if (!series.has(key)) series.set(key, one);
      }
    }
    return {
      series: [...series.values()],
      warnings: [...away, ...answers.flatMap(({ answer }) => answer.warnings)],
      partial: away.length > 0 || answers.some(({ answer }) => answer.partial),
    };
  }
}

/**
 * What each source answers, and which do not.
 *
 * @throws the error of one that does not, when none does: one that another attempt may outlast, if there is such
 */
export async function askAll<T>(
  parts: readonly MetricsSource[],
  ask: (part: MetricsSource) => Promise<T>,
): Promise<{ answers: { part: MetricsSource; answer: T }[]; unanswered: Unanswered[] }> {
  const answers: { part: MetricsSource; answer: T }[] = [];
  const unanswered: Unanswered[] = [];
  const results = await Promise.allSettled(parts.map(ask));
  for (const [i, result] of results.entries()) {
    const part = parts[i]!;
    const error: unknown = result.status === 'rejected' ? result.reason : null;
    if (result.status === 'fulfilled') answers.push({ part, answer: result.value });
    else if (error instanceof SourceError || error instanceof OutOfTime) unanswered.push({ part, error });
    else throw error;
  }
  if (answers.length === 0 && unanswered.length > 0) {
    throw unanswered.map(({ error }) => error).sort((a, b) => hope(b) - hope(a))[0]!;
  }
  return { answers, unanswered };
}

function hope(error: SourceError | OutOfTime): number {
  return error instanceof SourceError && error.retryable ? 1 : 0;
}

function placed(series: AnswerSeries, { name, covers }: MetricsSource): AnswerSeries {
  const [cluster, ...others] = covers?.clusters ?? [];
  const isTold = CLUSTER_LABELS.some((label) => series.labels[label]);
  const more = cluster !== undefined && others.length === 0 && !isTold ? { cluster } : {};
  return { ...series, labels: { ...series.labels, ...more }, source: name };
}
