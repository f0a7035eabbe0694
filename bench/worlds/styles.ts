import type { Random } from './random.js';
import type { Scale } from './topology.js';

export type StyleName = 'container' | 'mesh' | 'cloud' | 'infra';

/** How a world is watched, and for how long; seconds. */
export interface Style {
  name: StyleName;
  stepSeconds: number;
  /** What the engine takes for simultaneous. */
  tickSeconds: number;
  calmSeconds: number;
  afterSeconds: number;
  scale: Scale;
  /** Whether a sample bears the time of its beginning, as in cloud monitoring, or of its end, as of a scrape. */
  stampedAtBegin: boolean;
  /** Latency and errors of a service as its callers saw them, where the style leaves it open. */
  clientView: boolean;
  hostMetrics: boolean;
  /** What percentiles are read from: every latency, or a histogram. */
  buckets: 'none' | 'fine' | 'coarse';
  traces: boolean;
}

export const STYLES: StyleName[] = ['container', 'mesh', 'cloud', 'infra'];

/** Requests of a case that are simulated with all their calls, about; what is left of it is precision. */
const VISITS_OF_A_CASE = 200_000;

export function drawStyle(random: Random, name: StyleName): Style {
  const clientView = random.chance(0.5);
  const brief = random.chance(0.12);
  const calm = (from: number, to: number): number => (brief ? 120 : Math.round(random.logBetween(from, to)));
  const buckets = name === 'mesh' || name === 'infra' ? ('fine' as const) : ('none' as const);
  const hostMetrics = random.chance(0.4);
  const common = { name, clientView, stampedAtBegin: false, hostMetrics, buckets, traces: false };
  const after = Math.round(random.logBetween(120, 900));
  switch (name) {
    case 'container': {
      const stepSeconds = random.pick([1, 5]);
      const times = { calmSeconds: calm(600, stepSeconds === 1 ? 1500 : 3000), afterSeconds: after };
      return {
        ...common,
        ...times,
        stepSeconds,
        tickSeconds: 1,
        traces: random.chance(1 / 3),
        scale: scaleFor(random, times, { external: false, most: 50 }),
      };
    }
    case 'mesh': {
      const times = { calmSeconds: brief ? 240 : calm(900, 3600), afterSeconds: Math.max(150, after) };
      return {
        ...common,
        ...times,
        stepSeconds: 15,
        tickSeconds: 1,
        traces: random.chance(1 / 3),
        scale: scaleFor(random, times, { external: random.chance(0.4), most: 40 }),
      };
    }
    case 'cloud': {
      const stepSeconds = random.pick([60, 300]);
      const times =
        stepSeconds === 60
          ? { calmSeconds: calm(2400, 9000), afterSeconds: Math.max(240, after) }
          : {
              calmSeconds: Math.round(random.logBetween(14400, 36000)),
              afterSeconds: random.whole(900, 1800),
            };
      if (brief) times.calmSeconds = Math.max(times.calmSeconds, 8 * stepSeconds);
      return {
        ...common,
        ...times,
        stepSeconds,
        tickSeconds: stepSeconds === 60 ? 2 : 10,
        stampedAtBegin: true,
        hostMetrics: false,
        scale: scaleFor(random, times, { external: random.chance(0.5), most: 20 }),
      };
    }
    case 'infra': {
      const times = { calmSeconds: brief ? 300 : calm(900, 3600), afterSeconds: Math.max(180, after) };
      return {
        ...common,
        ...times,
        stepSeconds: 30,
        tickSeconds: 1,
        scale: scaleFor(random, times, { external: false, most: 30 }),
      };
    }
  }
}

/** A busy system is simulated by a sample of its requests, each of which stands for several. */
function scaleFor(
  random: Random,
  { calmSeconds, afterSeconds }: { calmSeconds: number; afterSeconds: number },
  { external, most }: { external: boolean; most: number },
): Scale {
  const visits = random.between(5, 16);
  const rate = Math.min(most, VISITS_OF_A_CASE / (visits * (calmSeconds + afterSeconds)));
  return {
    external,
    visits,
    rate: rate * random.between(0.5, 1),
    weight: rate > 15 ? random.pick([1, 1, 3]) : random.pick([2, 5, 10]),
  };
}
