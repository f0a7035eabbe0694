import type { Gap } from '../../../model/gap.js';
import type { SliceDimension, SlicedRequests, SliceTable } from '../../../model/slices.js';
import type { EvidenceRead, InvestigationSteps } from '../../contract.js';
import { runAttempt, type Limits } from '../attempt.js';
import type { CollectDeps } from '../deps.js';
import { gapOf, merged, remarksOf } from '../gaps.js';
import { NotRecorded } from '../metrics/source/errors.js';
import { partFor, patienceFor, servicesCovered, sourcesIn } from '../metrics/source/parts.js';
import type { AnswerSeries, MetricsSource, RangeWindow } from '../metrics/source/source.js';
import { packsInUse } from '../scope/topology.js';
import { spansOf } from '../scope/window.js';
import { candidates, chooseLabels, type ChosenLabels } from './labels.js';
import { placesOf } from './places.js';
import { CountedRequests } from './queries.js';
import { isNamed, slicesOf, withoutEmpty } from './read-slices.js';

/** Slices of one dimension that are told apart: more would be neither read nor cheap. The rest is one slice. */
export const MOST_SLICES = 20;
/** Of them so many because they have most requests; the others took most time, or failed most. */
const BY_REQUESTS = 10;
const BY_LOSS = 5;
/** A label of more values holds raw ids rather than parts of a service: sorting them out would burden the source. */
export const MOST_VALUES = 500;
/** Series of which the labels are looked at: those of one metric have nearly the same. */
const EXAMPLES = 10;
/** Metrics of one service's requests that are asked: the application's, a mesh's, that of spans. */
const MOST_COUNTED = 3;
/** Bins of time: enough to see noise, few enough to keep an answer below a megabyte. */
const MOST_BINS = 60;
/** A query of slices is small: what takes longer is given up, and says so. */
const TIMEOUT_SECONDS = 15;

type Deps = Pick<CollectDeps, 'source' | 'packs' | 'config' | 'store'>;
type Request = Parameters<InvestigationSteps['collectSlices']>[0];

/** The `collectSlices` activity. What cannot be read is a gap. */
export function createCollectSlices(deps: CollectDeps): Pick<InvestigationSteps, 'collectSlices'> {
  return { collectSlices: (request) => runAttempt((attempt) => collectSlices(deps, request, attempt)) };
}

/**
 * Reads the requests of one suspect by version, instance, node, zone and endpoint, as far as its metrics have labels
 * for them, for use outside Temporal too. The first metric that tells a dimension is believed.
 */
export async function collectSlices(deps: Deps, request: Request, limits: Limits): Promise<EvidenceRead> {
  const reading = new SliceReading(deps, request, limits);
  const { table, gaps } = await reading.read();
  const by = table.dimensions.map(({ dimension }) => dimension);
  const about =
    by.length === 0
      ? `no metric of ${request.service} has a label that tells its requests apart`
      : `requests of ${request.service} by ${by.join(', ')}`;
  return { evidence: await deps.store.putTable('slices', table, about), gaps };
}

class SliceReading {
  private readonly limits: Limits;
  private readonly window: RangeWindow;
  private readonly binSeconds: number;
  private readonly dimensions = new Map<SliceDimension, SlicedRequests>();
  private readonly gaps: Gap[] = [];

  constructor(
    private readonly deps: Deps,
    private readonly request: Request,
    given: Limits,
  ) {
    this.limits = patienceFor(sourcesIn(request.scope.reading?.packs ?? []), given);
    const { start, end } = request.scope.window;
    const { window: rateWindow } = spansOf(request.scope, deps.config.diagnosis);
    this.binSeconds = Math.max(rateWindow, Math.ceil((end - start) / MOST_BINS));
    const bins = Math.floor((end - start) / this.binSeconds);
    this.window = { start: end - (bins - 1) * this.binSeconds, end, step: this.binSeconds };
  }

  async read(): Promise<{ table: SliceTable; gaps: Gap[] }> {
    let answered = 0;
    for (const requests of this.countedRequests()) {
      if (answered === MOST_COUNTED) break;
      if (await this.readBy(requests)) answered += 1;
    }
    const { service, scope } = this.request;
    const { start, end, step } = this.window;
    const bins = Math.round((end - start) / step) + 1;
    const table: SliceTable = {
      service,
      times: Float64Array.from({ length: Math.max(0, bins) }, (_, bin) => start + bin * step),
      binSeconds: this.binSeconds,
      dimensions: [...this.dimensions.values()],
    };
    // What the alert names is looked at first, whichever metric told it.
    if (service === scope.service)
      table.dimensions.sort((a, b) => Number(b.named !== null) - Number(a.named !== null));
    return { table, gaps: merged(this.gaps) };
  }

  private countedRequests(): CountedRequests[] {
    const { scope, service } = this.request;
    const spans = spansOf(scope, this.deps.config.diagnosis);
    return packsInUse(this.deps.packs, scope.reading?.packs ?? []).flatMap(({ pack, binding }) =>
      pack.slices.map((spec) => new CountedRequests(pack, binding, spec, service, spans)),
    );
  }

  /** Labels of the alert, which are about its own service alone. */
  private get named(): Readonly<Record<string, string>> {
    const { scope, service } = this.request;
    return service === scope.service ? (scope.alertSlices ?? {}) : {};
  }

  /** Reads the dimensions that this metric tells and none before it did; whether it counts the service's requests. */
  private async readBy(requests: CountedRequests): Promise<boolean> {
    const { service } = this.request;
    const source = partFor(this.deps.source, requests.binding);
    if (servicesCovered(source, [service]).length === 0) return false;
    const asked = { source, what: `slices of ${service} (${requests.pack.name})` };
    const examples = await this.ask(asked, requests.examples(EXAMPLES));
    if (examples.length === 0) return false;
    const present = candidates(new Set(examples.flatMap(({ labels }) => Object.keys(labels))));
    const counted = present.length === 0 ? [] : await this.ask(asked, requests.valueCounts(present));
    const counts = new Map(counted.map(({ labels, values }) => [labels['label'] ?? '', values[0] ?? 0]));
    const { chosen, tooMany } = chooseLabels(counts, this.named, MOST_VALUES);
    for (const { dimension, label, values } of tooMany) {
      if (this.dimensions.has(dimension)) continue;
      this.gaps.push({
        source: source.name,
        what: `${dimension}s of ${service} by the label ${label}`,
        reason: `it has ${values} values; slices are read of at most ${MOST_VALUES}`,
      });
    }
    for (const labels of chosen) {
      if (!this.dimensions.has(labels.dimension)) await this.readDimension(requests, labels, asked);
    }
    return true;
  }

  private async readDimension(requests: CountedRequests, labels: ChosenLabels, asked: Asked): Promise<void> {
    const label = labels.by.at(-1)!;
    const only = labels.values <= MOST_SLICES ? null : await this.leading(requests, label, asked);
    if (only?.length === 0) return;
    const answer = await this.ask(asked, requests.counts(labels.by, this.binSeconds, only), this.window);
    const named = this.named[label] ?? null;
    const { slices, further } = slicesOf(answer, labels, { most: MOST_SLICES, named });
    const unread = only === null ? 0 : labels.values - only.length;
    if (slices.length < 2) return;
    this.dimensions.set(labels.dimension, {
      dimension: labels.dimension,
      label: labels.by.join(', '),
      queries: requests.toPaste(labels.by),
      source: asked.source.name,
      slices,
      further: further + unread,
      named: slices.find(({ value }) => named !== null && isNamed(value, named))?.value ?? null,
    });
    await this.addPlaces(labels, slices, asked.source);
  }

  /** Nodes and zones of pods, where the metrics of requests do not tell them and those of the cluster do. */
  private async addPlaces(
    { dimension, by }: ChosenLabels,
    slices: SlicedRequests['slices'],
    source: MetricsSource,
  ): Promise<void> {
    const instances = this.dimensions.get('instance');
    if (dimension !== 'instance' || !instances || !by.at(-1)!.includes('pod')) return;
    const places = await placesOf(withoutEmpty(slices), (query, what) =>
      this.ask({ source, what: `${what} of ${this.request.service}` }, query),
    );
    for (const place of places) {
      if (this.dimensions.has(place.dimension)) continue;
      this.dimensions.set(place.dimension, { ...instances, ...place, further: 0, named: null });
    }
  }

  private async leading(requests: CountedRequests, label: string, asked: Asked): Promise<string[]> {
    const answer = await this.ask(
      asked,
      requests.leadingValues(label, { byRequests: BY_REQUESTS, byLoss: BY_LOSS }),
    );
    const values = [this.named[label] ?? '', ...answer.map(({ labels }) => labels[label] ?? '')];
    return [...new Set(values)].filter((one) => one !== '').sort();
  }

  /**
   * Asks over a window, or about its end. Nothing where the source does not answer, which is a gap; what a recording
   * was not asked is none.
   */
  private async ask({ source, what }: Asked, query: string, window?: RangeWindow): Promise<AnswerSeries[]> {
    const options = { signal: this.limits.signal, timeoutSeconds: TIMEOUT_SECONDS };
    try {
      const answer = window
        ? await source.range(query, window, options)
        : await source.instant(query, this.window.end, options);
      this.gaps.push(...remarksOf(answer, source.name, what));
      return answer.series;
    } catch (error) {
      if (!(error instanceof NotRecorded)) this.gaps.push(gapOf(error, this.limits, source.name, what));
      return [];
    }
  }
}

/** Whom a query asks, and what for. */
interface Asked {
  source: MetricsSource;
  what: string;
}
