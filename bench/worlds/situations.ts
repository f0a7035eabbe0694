import { commitFor, type Commit } from './commits.js';
import { CPU_STARVED, slowLeak, type FaultType } from './faults.js';
import type { WorldCase } from './make-case.js';
import { drawStranger } from './names.js';
import type { Random } from './random.js';
import type { Style, StyleName } from './styles.js';
import type { Service, World } from './topology.js';

/** What makes a case hard, beyond its fault: how it is watched, when the alert comes, who else changes. */
export interface Situation {
  name: string;
  /** Faults that it may have. */
  suits: (fault: string) => boolean;
  /** No fault is at work, and the alert is false. */
  isHealthy?: true;
  styles?: StyleName[];
  /** A fault of its own, in place of the one that was dealt. */
  fault?: (style: Style) => FaultType;
  /** Who of those that can have the fault gets it. */
  isCulprit?: (service: Service, world: World) => boolean;
  /** Changes how the world is watched, before it is drawn. */
  bend?: (random: Random, style: Style) => void;
  /** Changes what was seen of it. */
  finish?: (random: Random, item: WorldCase) => void;
}

const ANY = (): boolean => true;
/** Faults that somebody ships. */
const IS_SHIPPED = (fault: string): boolean => ['code-bug', 'slow-code', 'bad-config'].includes(fault);
/** Calls by a tenth of the requests and fewer are rare. */
const RARE_VISITS = 0.12;
const SHORT_CALM_SECONDS = 75;
const LEAST_CALM_SAMPLES = 3;
/** A service whose gauges rest uses no more than this. */
const AT_REST = { cores: [1e-5, 0.003], bytes: [371, 5.75e6] } as const;

export const PLAIN: Situation = { name: 'plain', suits: ANY };

export const SITUATIONS: readonly Situation[] = [
  PLAIN,
  // Percentiles of a histogram jump between the edges of its buckets.
  { name: 'bucket-edges', suits: ANY, bend: (_, style) => (style.buckets = 'coarse') },
  // Few samples of what matters.
  {
    name: 'rare-calls',
    suits: (fault) => fault !== 'traffic-surge',
    isCulprit: ({ index }, { visits }) => visits[index]! < RARE_VISITS,
  },
  // An idle service's gauges grow by a large factor, and by nothing that matters.
  { name: 'gauges-at-rest', suits: ANY, styles: ['container', 'mesh', 'infra'], finish: wakeIdleServices },
  {
    name: 'short-calm',
    suits: ANY,
    bend: (_, style) => (style.traces = false),
    finish: (_, item) =>
      keepCalm(item, Math.max(LEAST_CALM_SAMPLES, Math.ceil(SHORT_CALM_SECONDS / item.style.stepSeconds))),
  },
  {
    name: 'no-calm',
    suits: ANY,
    bend: (_, style) => (style.traces = false),
    finish: (random, item) => keepCalm(item, random.whole(0, 1)),
  },
  // The alert rule waits, or its clock is ahead.
  {
    name: 'alert-late',
    suits: ANY,
    finish: (random, item) => {
      item.anomalyTime = Math.round(item.onset + random.between(0.35, 0.6) * item.style.afterSeconds);
    },
  },
  {
    name: 'alert-early',
    suits: ANY,
    finish: (random, item) => {
      item.anomalyTime = Math.round(item.onset - Math.max(random.between(30, 90), item.style.stepSeconds));
    },
  },
  // The alert is about something that nobody measures here.
  { name: 'symptom-unseen', suits: ANY, finish: hideAlertingService },
  // The memory dates the cause; a release that comes just before the alert is innocent.
  {
    name: 'slow-leak',
    suits: ANY,
    fault: ({ afterSeconds }) => slowLeak(afterSeconds),
    bend: (random, style) => {
      style.afterSeconds = Math.max(20 * style.stepSeconds, random.whole(900, 1800));
    },
    finish: (random, item) => {
      item.anomalyTime = Math.round(item.onset + random.between(0.6, 0.75) * item.style.afterSeconds);
      ship(random, item, 'memory-leak', 1);
    },
  },
  {
    name: 'guilty-change',
    suits: IS_SHIPPED,
    finish: (random, item) => ship(random, item, item.fault!.type, random.whole(1, 3)),
  },
  {
    name: 'innocent-change',
    suits: (fault) => !IS_SHIPPED(fault),
    finish: (random, item) => ship(random, item, null, random.whole(1, 3)),
  },
  // Something else takes the processors: of one host, or of all; an innocent release stands beside it.
  {
    name: 'host-starved',
    suits: ANY,
    fault: () => CPU_STARVED.host,
    finish: (random, item) => ship(random, item, null, 1),
  },
  {
    name: 'all-starved',
    suits: ANY,
    fault: () => CPU_STARVED.all,
    finish: (random, item) => ship(random, item, null, 1),
  },
  // A service that has nothing to do with it has a bad time too.
  { name: 'unlinked', suits: ANY, finish: addStranger },
  { name: 'healthy', suits: ANY, isHealthy: true },
  {
    name: 'healthy-change',
    suits: ANY,
    isHealthy: true,
    finish: (random, item) => ship(random, item, null, random.whole(1, 3)),
  },
];

/** Whether a column tells how requests fare. */
const isGolden = (metric: string): boolean =>
  /latency|response|error|5xx|availability|request|workload/u.test(metric);

/** Row of the first sample that ends after the onset. */
function onsetRow({ onset, begin, style }: WorldCase): number {
  return Math.floor((onset - begin) / style.stepSeconds);
}

/** Leaves so many samples before the onset. */
function keepCalm(item: WorldCase, samples: number): void {
  const from = Math.max(0, onsetRow(item) - samples);
  for (const column of item.columns) column.values = column.values.slice(from);
  item.begin += from * item.style.stepSeconds;
}

function innocents(item: WorldCase): Service[] {
  return item.world.services.filter(
    (service) =>
      service.kind === 'service' && !item.culprits.includes(service) && service !== item.alertService,
  );
}

function wakeIdleServices(random: Random, item: WorldCase): void {
  const from = onsetRow(item);
  for (const { name } of random.some(innocents(item), 2)) {
    for (const { metric, values } of item.columns.filter(({ entity }) => entity === name)) {
      const range = /^cpu/u.test(metric) ? AT_REST.cores : /^mem/u.test(metric) ? AT_REST.bytes : null;
      if (range === null) continue;
      const [rest, awake] = range;
      values.forEach((_, row) => (values[row] = (row < from ? rest : awake) * random.logNormal(0.01)));
    }
  }
}

function hideAlertingService(_: Random, item: WorldCase): void {
  const { name } = item.alertService;
  item.columns = item.columns.filter(
    ({ entity, metric }) => !isGolden(metric) || !entity.split('->').includes(name),
  );
}

function addStranger(random: Random, item: WorldCase): void {
  const model = random.pick(innocents(item).length > 0 ? innocents(item) : [item.alertService]);
  const name = drawStranger(random, item.world.services);
  const from = onsetRow(item) - random.whole(0, 2);
  const factor = random.logBetween(3, 30);
  for (const { entity, metric, values } of item.columns.filter((column) => column.entity === model.name)) {
    if (/node|request|workload/u.test(metric)) continue;
    const worse = values.map((value, row) => {
      if (row < from) return value;
      return /availability/u.test(metric) ? value / 1.5 : value * factor;
    });
    item.columns.push({ entity: entity.replace(model.name, name), metric, values: worse });
  }
}

/**
 * Adds releases: the guilty one (of what it changed, by the fault; null for none) at the onset, and innocent ones of
 * others, shortly before the alert.
 */
function ship(random: Random, item: WorldCase, guilt: string | null, innocent: number): void {
  const commits: Commit[] = [];
  const [culprit] = item.culprits;
  if (guilt !== null && culprit) {
    const commit = commitFor(random, culprit.name, guilt, item.onset - random.between(5, 60));
    commits.push(commit);
    item.guilty = commit.sha;
  }
  const others = item.world.services
    .filter(({ kind }) => kind === 'service' || kind === 'front')
    .filter((service) => service !== culprit);
  for (const { name } of random.some(others, innocent)) {
    commits.push(commitFor(random, name, null, item.anomalyTime - random.between(20, 240)));
  }
  item.commits = commits.sort((a, b) => a.time - b.time);
}
