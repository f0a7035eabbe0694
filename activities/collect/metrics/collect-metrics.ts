import { cancellationSignal, Context, heartbeat } from '@temporalio/activity';
import pMap from 'p-map';
import type { Gap } from '../../../model/gap.js';
import type { EvidenceRef, Scope } from '../../../model/incident.js';
import type { Series } from '../../../model/series.js';
import type { Activities, MetricFamily } from '../../contract.js';
import { CONCURRENCY, type CollectDeps, type Look } from '../deps.js';
import { gapOf, listed, merged, remarksOf } from '../gaps.js';
import { ServiceNames } from '../scope/service-names.js';
import { queryFor } from './packs/binding.js';
import { firstOfEach, readSeries, type Question, type ReadingContext } from './series-reading.js';
import { BadCredentials, isOutage, NotASource, type SourceError } from './source/errors.js';
import { failingAsActivity } from './source/failures.js';
import { packsInUse, type Around } from '../scope/topology.js';
import { whoMoved } from '../scope/deviation-scan.js';
import { spansOf } from '../scope/window.js';

/** Beyond so many services their resources are pulled only for those nearest to the trouble. */
const MAX_RESOURCE_SERVICES = 60;

const HEARTBEAT_MS = 5_000;

/**
 * An outage in the middle of a pull is waited for in so many attempts (a quarter of a minute, with the retry policy's
 * pauses); after that what was pulled is worth more than more waiting.
 */
const PATIENT_ATTEMPTS = 5;

const FAMILY_WORDS: Record<MetricFamily, string> = {
  golden: 'latency, errors and traffic',
  edges: 'calls between services',
  resources: 'resource use',
  hosts: 'hosts',
};

/** How far a pull has come: what a second attempt need not ask again. */
export interface Progress {
  /** For people who look at the heartbeat. */
  progress: string;
  /** Question numbers with the count of series that each gave, in the order in which they lie in the part. */
  done: [question: number, series: number][];
  /** Blob of the series so far; null while none is stored. */
  part: string | null;
  gaps: Gap[];
}

/** The `collectMetrics` activity: one family for the whole scope; beats while it pulls, and goes on where it was. */
export function createCollectMetrics(deps: CollectDeps): Pick<Activities, 'collectMetrics'> {
  return {
    collectMetrics: ({ scope, family }) =>
      failingAsActivity(async () => {
        const { info } = Context.current();
        const resumed = info.heartbeatDetails as Progress | undefined;
        const pull = new Pull(deps, scope, family, info.attempt < PATIENT_ATTEMPTS);
        if (resumed?.part != null) await pull.resume(resumed);
        const beat = async (): Promise<void> => {
          try {
            heartbeat(await pull.checkpoint());
          } catch (error) {
            // A part that cannot be stored costs a second attempt its head start, nothing else.
            deps.log.warn({ error }, 'the pull so far cannot be stored');
          }
        };
        const beating = setInterval(() => void beat(), HEARTBEAT_MS);
        try {
          return await pull.run({ signal: cancellationSignal() });
        } catch (error) {
          if (isOutage(error)) await beat();
          throw error;
        } finally {
          clearInterval(beating);
        }
      }),
  };
}

/** Pulls one family of series for the scope into the evidence store, for use outside Temporal. */
export async function collectMetrics(
  deps: CollectDeps,
  scope: Scope,
  family: MetricFamily,
  look: Look,
): Promise<{ evidence: EvidenceRef; gaps: Gap[] }> {
  return new Pull(deps, scope, family, false).run(look);
}

const DAY_SECONDS = 86_400;

class Pull {
  private readonly questions: Question[];
  private readonly context: ReadingContext;
  private readonly answers = new Map<number, Series[]>();
  private readonly gaps: Gap[] = [];
  private readonly failures: SourceError[] = [];
  private stored: Progress | null = null;

  constructor(
    private readonly deps: CollectDeps,
    private readonly scope: Scope,
    private readonly family: MetricFamily,
    /** Whether an outage ends the pull although some queries were answered: then another attempt goes on. */
    private readonly isPatient: boolean,
  ) {
    this.questions = packsInUse(deps.packs, scope.reading?.packs ?? []).flatMap(({ pack, binding }) =>
      pack.signals.filter((spec) => spec.family === family).map((spec) => ({ pack, binding, spec })),
    );
    this.context = {
      source: deps.source.name,
      spans: spansOf(scope, deps.config.diagnosis),
      services: new ServiceNames(scope.services),
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

  /** What a second attempt would need, stored when there is more of it than last time. */
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

  async run({ signal }: Look): Promise<{ evidence: EvidenceRef; gaps: Gap[] }> {
    const { source, store } = this.deps;
    const subjects = await this.subjects(signal);
    const open = subjects.length === 0 ? [] : [...this.questions.keys()].filter((i) => !this.answers.has(i));
    await pMap(open, (i) => this.pull(i, subjects, signal), { concurrency: CONCURRENCY });
    if (this.failures.length > 0 && this.answers.size === 0) throw this.gravest();

    const series = firstOfEach(this.questions.map((_, i) => this.answers.get(i) ?? []));
    this.gaps.push(...this.blindSpots(series, source.name));
    const evidence = await store.put(series, FAMILY_WORDS[this.family]);
    return { evidence, gaps: merged(this.gaps) };
  }

  private async pull(i: number, subjects: readonly string[], signal: AbortSignal): Promise<void> {
    const { source } = this.deps;
    const question = this.questions[i]!;
    const { spec, pack, binding } = question;
    const { start, end, stepSeconds: step } = this.scope.window;
    const what = `${spec.name} (${pack.name})`;
    const query = queryFor(spec, pack, binding, subjects, this.context.spans);
    try {
      const answer = await source.range(query, { start, end, step }, { signal });
      this.gaps.push(...remarksOf(answer, source.name, what));
      const now = readSeries(question, answer.series, this.context);
      const before = this.family === 'golden' ? await this.earlier(question, query, signal) : [];
      this.answers.set(i, [...now, ...before]);
    } catch (error) {
      this.gaps.push(gapOf(error, source.name, what));
      this.failures.push(error as SourceError);
      // Whoever is refused, or finds nobody there, need not knock a dozen times.
      const isHopeless = error instanceof BadCredentials || error instanceof NotASource;
      const isFutile = isOutage(error) && (this.isPatient || this.answers.size === 0);
      if (isHopeless || isFutile) throw error;
    }
  }

  /**
   * The same question about the same hour of earlier days, its times moved into the window. A day that cannot be
   * read is a gap: the incident is diagnosed without it.
   */
  private async earlier(question: Question, query: string, signal: AbortSignal): Promise<Series[]> {
    const { source, config } = this.deps;
    const { start, end, stepSeconds: step } = this.scope.window;
    const days = config.diagnosis.compareDays.filter((day) => start > day * DAY_SECONDS);
    const answers = await pMap(days, async (day) => {
      const bySeconds = day * DAY_SECONDS;
      try {
        const window = { start: start - bySeconds, end: end - bySeconds, step };
        const { series } = await source.range(query, window, { signal });
        return readSeries(question, series, this.context).map((one) => ({
          ...one,
          id: `${one.id}@-${day}d`,
          times: one.times.map((time) => time + bySeconds),
          earlier: { of: one.id, bySeconds },
        }));
      } catch (error) {
        this.gaps.push(gapOf(error, source.name, `${question.spec.name} of ${day} days before`));
        return [];
      }
    });
    return answers.flat();
  }

  /** Of failures of all queries the one that may pass, if any: then it is worth another attempt. */
  private gravest(): SourceError {
    return this.failures.find(({ retryable }) => retryable) ?? this.failures[0]!;
  }

  /** Whom the queries are narrowed to: services, or hosts. */
  private async subjects(signal: AbortSignal): Promise<readonly string[]> {
    const { scope, family } = this;
    if (family === 'hosts') return [...this.context.hosts].sort();
    if (family !== 'resources' || scope.services.length <= MAX_RESOURCE_SERVICES) return scope.services;
    return this.nearest(signal);
  }

  private async nearest(signal: AbortSignal): Promise<string[]> {
    const { scope, deps } = this;
    const around: Around = {
      source: deps.source,
      packs: deps.packs,
      bindings: scope.reading?.packs ?? [],
      spans: this.context.spans,
      time: scope.window.end,
      options: { signal },
    };
    const calm = this.context.spans.before;
    const moved = await whoMoved(around, scope.services, this.context.services, calm);
    const rank = (service: string): number =>
      service === scope.service ? Infinity : (moved.get(service) ?? 0);
    const ordered = [...scope.services].sort((a, b) =>
      rank(a) === rank(b) ? a.localeCompare(b) : rank(b) - rank(a),
    );
    const left = ordered.slice(MAX_RESOURCE_SERVICES).sort();
    this.gaps.push({
      source: deps.source.name,
      what: `resource use of ${left.length} services: ${listed(left, 5)}`,
      reason: `their latency, errors and traffic moved least; it is pulled for ${MAX_RESOURCE_SERVICES} services`,
    });
    return ordered.slice(0, MAX_RESOURCE_SERVICES).sort();
  }

  /** Services whose golden signals nobody measures: silence there means nothing. */
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
    return [{ source, what, reason: 'no metric pack in use finds a metric of them' }];
  }
}
