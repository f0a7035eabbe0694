import pMap from 'p-map';
import type { LogLine } from '../../../analysis/logs/line.js';
import { mineLines } from '../../../analysis/logs/mine.js';
import { countingStep } from '../../../analysis/logs/step.js';
import { SERIES } from '../../../analysis/series/weights.js';
import type { Gap } from '../../../model/gap.js';
import type { Scope } from '../../../model/incident.js';
import type { EvidenceRead, InvestigationSteps, SourceRequest } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import { CONCURRENCY, type CollectDeps } from '../deps.js';
import { gapOf, listed, merged } from '../gaps.js';
import { SourceError } from '../metrics/source/errors.js';
import { neighbourhood } from '../scope/neighbourhood.js';
import { ServiceNames } from '../scope/service-names.js';
import { MAX_BYTES, MAX_COUNTS, MAX_SERVICES, MAX_WRITERS, SHORTEST_STEP_SECONDS } from './limits.js';
import { openLogSource } from './open.js';
import type { LineQuery, LogSource, Selector } from './source.js';
import { maskedLine } from './text.js';
import { joined, patternFor, writerOf } from './writers.js';

type Deps = Pick<CollectDeps, 'config' | 'store'>;

/** The `collectLogs` activity. */
export function createCollectLogs(deps: CollectDeps): Pick<InvestigationSteps, 'collectLogs'> {
  return { collectLogs: (request) => runAttempt((attempt) => collectLogs(deps, request, attempt)) };
}

/** Counts what the services of the scope wrote, as one source tells it, for use outside Temporal. */
export async function collectLogs(
  deps: Deps,
  { scope, source }: SourceRequest,
  limits: Limits,
): Promise<EvidenceRead> {
  const opened = openLogSource(deps.config, source);
  try {
    return await new LogPull(deps, scope, opened, limits).run();
  } finally {
    opened.close();
  }
}

/** Seconds that one count covers: as fine as moments around the alert are told apart, within reason. */
export function stepFor({ window, anomalyTime }: Pick<Scope, 'window' | 'anomalyTime'>): number {
  const since = Math.max(0, window.end - anomalyTime) + SERIES.slackSeconds;
  return Math.max(SHORTEST_STEP_SECONDS, countingStep(anomalyTime - window.start, since));
}

class LogPull {
  private readonly gaps: Gap[] = [];
  private readonly lines: LogLine[] = [];
  private readonly failures: SourceError[] = [];
  private readonly stepSeconds: number;
  private readonly names: ServiceNames;
  private bytes = 0;
  private answered = 0;

  constructor(
    private readonly deps: Deps,
    private readonly scope: Scope,
    private readonly source: LogSource,
    private readonly limits: Limits,
  ) {
    this.stepSeconds = stepFor(scope);
    this.names = new ServiceNames(scope.services, deps.config.services.aliases);
  }

  async run(): Promise<EvidenceRead> {
    const services = this.nearest();
    const selectors = await this.selectorsOf(services);
    const asked = services.filter((service) => selectors.has(service));
    this.tellUnknown(services, asked);
    await pMap(asked, (service) => this.read(service, selectors.get(service)!), { concurrency: CONCURRENCY });
    if (this.failures.length > 0 && this.answered === 0) throw this.worthRetrying();
    const table = mineLines(this.lines, { stepSeconds: this.stepSeconds, services: this.scope.services });
    const total = table.lines.reduce((sum, count) => sum + count, 0);
    const about = `${total} log lines of ${table.kinds.length} kinds (${this.bytes} bytes read)`;
    const evidence = await this.deps.store.putTable('logs', table, about);
    return { evidence, gaps: merged(this.gaps) };
  }

  /** The services whose lines are read: those nearest to the alert in calls. */
  private nearest(): string[] {
    const { service, services, graph } = this.scope;
    const hops = neighbourhood(graph.edges, service, services.length);
    const far = (name: string): number => (name === service ? -1 : (hops.get(name) ?? Infinity));
    const ordered = [...services].sort(
      (a, b) => (far(a) === far(b) ? 0 : far(a) - far(b)) || (a < b ? -1 : 1),
    );
    const left = ordered.slice(MAX_SERVICES);
    if (left.length > 0) {
      const reason = `lines are read of ${MAX_SERVICES} services, the nearest to the alert`;
      this.miss(`logs of ${left.length} services: ${listed(left, 5)}`, reason);
    }
    return ordered.slice(0, MAX_SERVICES);
  }

  /** How the lines of each service are selected, as the labels of those tell that wrote any. */
  private async selectorsOf(services: string[]): Promise<Map<string, Selector[]>> {
    const { aliases } = this.deps.config.services;
    const pattern = patternFor(
      services,
      services.flatMap((service) => aliases[service] ?? []),
    );
    const { writers, isCut } = await this.source.writers({ ...this.span(), pattern }, this.limits);
    if (isCut) {
      const reason = `more than ${MAX_WRITERS} writers have names like those of the services`;
      this.miss('logs of some writers', reason);
    }
    const found = new Map<string, Selector[]>();
    for (const labels of writers) {
      const writer = writerOf(labels, this.names);
      if (writer === null || !services.includes(writer.service)) continue;
      found.set(writer.service, [...(found.get(writer.service) ?? []), writer.selector]);
    }
    return found;
  }

  private tellUnknown(services: string[], asked: string[]): void {
    const unknown = services.filter((service) => !asked.includes(service));
    if (unknown.length === 0) return;
    this.miss(`logs of ${listed(unknown, 5)}`, 'no line of the window names them as its writer');
  }

  private async read(service: string, all: Selector[]): Promise<void> {
    const what = `logs of ${service}`;
    if (this.bytes >= MAX_BYTES || this.lines.length >= MAX_COUNTS) {
      this.miss(
        what,
        `a diagnosis reads ${MAX_BYTES / 1024 / 1024} MiB and ${MAX_COUNTS} counts of one source`,
      );
      return;
    }
    const { selectors, left } = joined(all);
    if (left > 0) this.miss(what, `lines of ${left} more of its writers are not read`);
    const query: LineQuery = { ...this.span(), selectors, stepSeconds: this.stepSeconds };
    try {
      const answer = await this.source.lines(query, this.limits);
      this.answered += 1;
      this.bytes += answer.bytes;
      if (answer.remark !== null) this.miss(`certainty about ${what}`, answer.remark);
      const mask = onceEach(maskedLine);
      for (const line of answer.lines) {
        line.message = mask(line.message);
        if (line.example !== undefined) line.example = mask(line.example);
        // Not copied: there may be hundreds of thousands.
        this.lines.push(Object.assign(line, { service }));
      }
    } catch (error) {
      this.gaps.push(gapOf(error, this.limits, this.source.name, what));
      if (error instanceof SourceError) this.failures.push(error);
    }
  }

  /** The window, in whole steps. */
  private span(): { from: number; until: number } {
    const { start, end } = this.scope.window;
    const step = this.stepSeconds;
    return { from: Math.floor(start / step) * step, until: Math.ceil(end / step) * step };
  }

  /** Of failures of all services one that may pass, if any: then another attempt is of use. */
  private worthRetrying(): SourceError {
    return this.failures.find(({ retryable }) => retryable) ?? this.failures[0]!;
  }

  private miss(what: string, reason: string): void {
    this.gaps.push({ source: this.source.name, what, reason });
  }
}

/** A function that is not called twice with the same text: a source that counts gives one text for many steps. */
function onceEach(of: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const answer = known.get(text) ?? of(text);
    known.set(text, answer);
    return answer;
  };
}
