import { descending } from 'd3-array';
import type { Gap } from '../../../model/gap.js';
import type { EvidenceRef, Scope } from '../../../model/incident.js';
import type { Series } from '../../../model/series.js';
import type { InvestigationSteps, MetricFamily } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';
import { gapOf, listed, merged, remarksOf, unreadSource } from '../gaps.js';
import { scanDeviations } from '../scope/deviation-scan.js';
import { ServiceNames } from '../scope/service-names.js';
import { packsInUse, type Around } from '../scope/topology.js';
import { spansOf } from '../scope/window.js';
import { queryFor } from './packs/binding.js';
import { joinSources, readSeries, type Question, type ReadingContext } from './series-reading.js';
import { BadCredentials, isOutage, NotASource, NotRecorded, SourceError } from './source/errors.js';
import { askEach, partFor, patienceFor, servicesCovered, sourcesIn } from './source/parts.js';

/** Of more services than this, resources are pulled only for those whose golden signals deviate most. */
const MAX_RESOURCE_SERVICES = 60;

const FAMILY_WORDS: Record<MetricFamily, string> = {
  golden: 'latency, errors and traffic',
  edges: 'calls between services',
  resources: 'resource use',
  hosts: 'hosts',
};

/** How far a pull has come: what a later attempt need not ask again. */
export interface Progress {
  /** For people who read the heartbeat. */
  progress: string;
  /** Numbers of questions with the count of series that each gave, in the order in which they lie in the part. */
  done: [question: number, series: number][];
  /** Blob of the series so far; null while none is stored. */
  part: string | null;
  gaps: Gap[];
}

/**
 * The `collectMetrics` activity: one family for the whole scope. A later attempt continues where the last one was;
 * when the time is over it answers with what was pulled, and what is missing is a gap.
 */
export function createCollectMetrics(deps: CollectDeps): Pick<InvestigationSteps, 'collectMetrics'> {
  return {
    collectMetrics: ({ scope, family }) => {
      const pull = new Pull(deps, scope, family);
      return runAttempt<MetricsAnswer, Progress>(
        async (attempt) => {
          if (attempt.resumed?.part != null) await pull.resume(attempt.resumed);
          return pull.run(attempt);
        },
        { checkpoint: () => pull.checkpoint() },
      );
    },
  };
}

/** Pulls one family of series for the scope into the evidence store, for use outside Temporal. */
export async function collectMetrics(
  deps: CollectDeps,
  scope: Scope,
  family: MetricFamily,
  limits: Limits,
): Promise<MetricsAnswer> {
  return new Pull(deps, scope, family).run(limits);
}

interface MetricsAnswer {
  evidence: EvidenceRef;
  gaps: Gap[];
}

const DAY_SECONDS = 86_400;

/** A question about the incident's window, or about the same hour so many days before. */
interface DayQuestion extends Question {
  daysBefore: number;
}

class Pull {
  private readonly questions: DayQuestion[];
  private readonly context: ReadingContext;
  private readonly answers = new Map<number, Series[]>();
  private readonly gaps: Gap[] = [];
  private readonly failures: SourceError[] = [];
  private readonly sources: number;
  /** Why a source is not asked further, by its name; of several, for a single one ends the pull. */
  private readonly givenUp = new Map<string, Gap>();
  private stored: Progress | null = null;

  constructor(
    private readonly deps: CollectDeps,
    private readonly scope: Scope,
    private readonly family: MetricFamily,
  ) {
    const questions = packsInUse(deps.packs, scope.reading?.packs ?? []).flatMap(({ pack, binding }) =>
      pack.signals.filter((spec) => spec.family === family).map((spec) => ({ pack, binding, spec })),
    );
    this.sources = sourcesIn(scope.reading?.packs ?? []);
    const { compareDays } = deps.config.diagnosis;
    const days =
      family === 'golden' ? compareDays.filter((day) => scope.window.start > day * DAY_SECONDS) : [];
    // The incident itself first: when time is short, earlier days are what can be missed.
    this.questions = [0, ...days].flatMap((daysBefore) => questions.map((one) => ({ ...one, daysBefore })));
    this.context = {
      source: deps.source.name,
      spans: spansOf(scope, deps.config.diagnosis),
      services: new ServiceNames(scope.services, deps.config.services.aliases),
      hosts: new Set(scope.graph.placements.map(({ host }) => host)),
    };
  }

  /** Takes over what an attempt before this one had pulled; a blob that is gone is pulled again. */
  async resume({ done, part, gaps }: Progress): Promise<void> {
    try {
      const series = await this.deps.store.get(part!);
      let offset = 0;
      for (const [question, count] of done) {
        this.answers.set(question, series.slice(offset, offset + count));
        offset += count;
      }
      this.gaps.push(...gaps);
    } catch (error) {
      this.deps.log.warn({ error }, 'the part of an earlier attempt cannot be read; pulling it again');
    }
  }

  /** What a later attempt would need, stored when there is more of it than last time. */
  async checkpoint(): Promise<Progress> {
    const done = [...this.answers].map(([question, series]): [number, number] => [question, series.length]);
    const progress = `${done.length} of ${this.questions.length} queries answered`;
    if (done.length === 0) return { progress, done, part: null, gaps: [] };
    if (this.stored?.done.length !== done.length) {
      const gaps = [...this.gaps];
      const { uri } = await this.deps.store.put([...this.answers.values()].flat(), 'an unfinished pull');
      this.stored = { progress, done, part: uri, gaps };
    }
    return this.stored;
  }

  async run(given: Limits): Promise<MetricsAnswer> {
    const { source, store } = this.deps;
    const limits = patienceFor(this.sources, given);
    const subjects = await this.subjects(limits);
    const open = subjects.length === 0 ? [] : [...this.questions.keys()].filter((i) => !this.answers.has(i));
    await askEach(
      open,
      (i) => this.questions[i]!.binding,
      (i) => this.pull(i, subjects, limits),
    );
    this.gaps.push(...this.givenUp.values());
    if (this.failures.length > 0 && this.answers.size === 0) throw this.worthRetrying();

    const answers = this.questions.map(({ binding }, i) => ({ binding, series: this.answers.get(i) ?? [] }));
    const series = joinSources(answers);
    this.gaps.push(...this.blindSpots(series, source.name));
    const evidence = await store.put(series, FAMILY_WORDS[this.family]);
    return { evidence, gaps: merged(this.gaps) };
  }

  private async pull(i: number, subjects: readonly string[], limits: Limits): Promise<void> {
    const question = this.questions[i]!;
    const { spec, pack, binding, daysBefore } = question;
    const source = partFor(this.deps.source, binding);
    if (this.givenUp.has(source.name)) return;
    const covered = this.family === 'hosts' ? subjects : servicesCovered(source, subjects);
    if (covered.length === 0) {
      this.answers.set(i, []);
      return;
    }
    const bySeconds = daysBefore * DAY_SECONDS;
    const { start, end, stepSeconds: step } = this.scope.window;
    const what =
      daysBefore === 0 ? `${spec.name} (${pack.name})` : `${spec.name} of ${daysBefore} days before`;
    const query = queryFor(spec, pack, binding, covered, this.context.spans);
    try {
      const window = { start: start - bySeconds, end: end - bySeconds, step };
      const answer = await source.range(query, window, limits);
      if (daysBefore === 0) this.gaps.push(...remarksOf(answer, source.name, what));
      const series = readSeries(question, answer.series, this.context);
      this.answers.set(i, daysBefore === 0 ? series : series.map((one) => ofEarlierDay(one, daysBefore)));
    } catch (error) {
      // One refusal is enough: a source that refuses who asks, or is none, refuses every query.
      const isHopeless = error instanceof BadCredentials || error instanceof NotASource;
      if (this.sources > 1 && (isHopeless || isOutage(error))) {
        this.givenUp.set(source.name, unreadSource(source, error));
        this.failures.push(error);
        return;
      }
      // A recording holds what packs asked when it was made: a query that came later gives no series there.
      if (!(error instanceof NotRecorded)) this.gaps.push(gapOf(error, limits, source.name, what));
      if (!(error instanceof SourceError)) return;
      if (daysBefore === 0) this.failures.push(error);
      const isDown = isOutage(error) && this.answers.size === 0;
      if (isHopeless || isDown) throw error;
    }
  }

  /** Of failures of all queries one that may pass, if any: then another attempt is of use. */
  private worthRetrying(): SourceError {
    return this.failures.find(({ retryable }) => retryable) ?? this.failures[0]!;
  }

  /** What the queries are narrowed to: services, or hosts. */
  private async subjects(limits: Limits): Promise<readonly string[]> {
    const { scope, family } = this;
    if (family === 'hosts') return [...this.context.hosts].sort();
    if (family !== 'resources' || scope.services.length <= MAX_RESOURCE_SERVICES) return scope.services;
    return this.mostDeviating(limits);
  }

  private async mostDeviating(limits: Limits): Promise<string[]> {
    const { scope, deps } = this;
    const around: Around = {
      source: deps.source,
      packs: deps.packs,
      bindings: scope.reading?.packs ?? [],
      spans: this.context.spans,
      time: scope.window.end,
      limits,
    };
    const { services, spans } = this.context;
    const { scores, gaps } = await scanDeviations(around, scope.services, services, spans.before);
    const rank = (service: string): number =>
      service === scope.service ? Infinity : (scores.get(service) ?? 0);
    const ordered = [...scope.services].sort((a, b) => descending(rank(a), rank(b)) || a.localeCompare(b));
    const left = ordered.slice(MAX_RESOURCE_SERVICES).sort();
    this.gaps.push(...gaps, {
      source: deps.source.name,
      what: `resource use of ${left.length} services: ${listed(left, 5)}`,
      reason: `their latency, errors and traffic deviate least; it is pulled for ${MAX_RESOURCE_SERVICES} services`,
    });
    return ordered.slice(0, MAX_RESOURCE_SERVICES).sort();
  }

  /** Services whose golden signals nothing measures: that none deviates means nothing. */
  private blindSpots(series: readonly Series[], source: string): Gap[] {
    if (this.family !== 'golden') return [];
    const seen = new Set(
      series.flatMap(({ subject, perspective }) =>
        subject.kind === 'service' && perspective === 'server' ? [subject.service] : [],
      ),
    );
    const unseen = this.scope.services.filter((service) => !seen.has(service));
    if (unseen.length === 0) return [];
    const what = `${FAMILY_WORDS.golden} of ${listed(unseen, 5)}`;
    const isWhole = this.questions.every(({ daysBefore }, i) => daysBefore > 0 || this.answers.has(i));
    const reason = isWhole
      ? 'no metric pack in use finds a metric of them'
      : 'some queries were not answered, and the others find no metric of them';
    return [{ source, what, reason }];
  }
}

/** Moves a series of an earlier day into the incident's window. */
function ofEarlierDay(series: Series, daysBefore: number): Series {
  const bySeconds = daysBefore * DAY_SECONDS;
  return {
    ...series,
    id: `${series.id}@-${daysBefore}d`,
    times: series.times.map((time) => time + bySeconds),
    earlier: { of: series.id, bySeconds },
  };
}
