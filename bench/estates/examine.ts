import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { PrometheusSource } from '../../activities/collect/metrics/source/prometheus-source.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Gap } from '../../model/gap.js';
import type { Series } from '../../model/series.js';
import { startWrittenPrometheus } from '../../test/support/prometheus.js';
import { diagnoseRead, readIncident, type ReadIncident } from '../../test/support/read-incident.js';
import { alertOn, collectDeps, testConfig } from '../../test/support/scopes.js';
import { sourceConfig } from '../../test/support/stub-prometheus.js';
import type { Estate } from './estate.js';
import { playEstate, type Course } from './play.js';

/** What was found of an estate. */
export interface Examined {
  estate: Estate;
  /** Packs that read it. */
  packs: string[];
  services: string[];
  /** By signal the services of which it is read. */
  signals: Record<'latency' | 'errors' | 'traffic', string[]>;
  calls: string[];
  seriesIds: string[];
  gaps: Gap[];
  /** The last latency (seconds), error ratio and requests per second of the culprit, each where it is read. */
  levels: Partial<Record<'latency' | 'errors' | 'traffic', number>>;
  /** Queries, kept with series to be pasted, that do not give just their series again. */
  notAlone: string[];
  diagnosis: Diagnosis;
}

const BEFORE_SECONDS = 1800;
const AFTER_SECONDS = 300;
const STEP_SECONDS = 15;
/** The alert begins so long after the fault. */
const ALERT_DELAY_SECONDS = 45;
const CONFIG = testConfig({
  diagnosis: { baselineSeconds: 1200, afterSeconds: 240, compareDays: [] },
});

/** Writes an estate into a Prometheus of its own, and looks at it as a diagnosis does. */
export async function examineEstate(estate: Estate): Promise<Examined> {
  return withEstate(estate, async (source, { onset, end }) => {
    const anomalies = [alertOn(estate.alert, { startedAt: onset + ALERT_DELAY_SECONDS })];
    const read = await readIncident(await collectDeps(source, CONFIG), 'test', anomalies, end);
    return {
      ...found(estate, read),
      notAlone: await notAlone(source, read),
      diagnosis: await diagnoseRead(read),
    };
  });
}

/** Runs something on a real Prometheus that holds an estate whose fault began five minutes ago. */
export async function withEstate<T>(
  estate: Estate,
  use: (source: PrometheusSource, course: Course) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-estate-'));
  const now = Math.floor(Date.now() / 1000);
  const onset = now - AFTER_SECONDS;
  const course = { start: onset - BEFORE_SECONDS, end: now, stepSeconds: STEP_SECONDS, onset };
  try {
    const prometheus = await startWrittenPrometheus(directory, playEstate(estate, course));
    const source = new PrometheusSource(sourceConfig(prometheus.url));
    try {
      return await use(source, course);
    } finally {
      source.close();
      await prometheus.stop();
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

function found(
  estate: Estate,
  { scope, input, gaps }: ReadIncident,
): Omit<Examined, 'diagnosis' | 'notAlone'> {
  const of = (signal: string): string[] => {
    const read = input.series.flatMap(({ subject, perspective, ...one }) =>
      one.signal === signal && perspective === 'server' && subject.kind === 'service'
        ? [subject.service]
        : [],
    );
    return [...new Set(read)].sort();
  };
  return {
    estate,
    packs: scope.packs,
    services: scope.services,
    signals: { latency: of('latency'), errors: of('errors'), traffic: of('traffic') },
    seriesIds: input.series.map(({ id }) => id),
    calls: scope.graph.edges.map(({ caller, callee }) => `${caller}>${callee}`).sort(),
    levels: levelsOf(estate.culprit, input.series),
    gaps,
  };
}

function levelsOf(service: string, series: readonly Series[]): Examined['levels'] {
  const last = (id: RegExp): number | undefined =>
    series.find((one) => one.id.startsWith(`${service}/`) && id.test(one.id))?.values.at(-1);
  const levels = {
    // The mean, which is known exactly; where there is none, what there is.
    latency: last(/latency-mean$/) ?? last(/latency-p95$/),
    errors: last(/error-ratio$/),
    traffic: last(/request-rate$/),
  };
  return Object.fromEntries(Object.entries(levels).filter(([, value]) => value !== undefined));
}

async function notAlone(source: PrometheusSource, { scope, input }: ReadIncident): Promise<string[]> {
  const { start, end, stepSeconds: step } = scope.window;
  const answers = await pMap(input.series, ({ query }) => source.range(query, { start, end, step }), {
    concurrency: 4,
  });
  return input.series.filter((_, i) => answers[i]!.series.length !== 1).map(({ query }) => query);
}
