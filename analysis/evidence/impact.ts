import type { Facts } from '../facts.js';
import { grown, rise, tailOf } from '../story.js';
import { wholePercent } from '../../model/wording.js';
import type { Series } from '../../model/series.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';

/**
 * Whether a suspect lost enough to account for what the alerting service lost: requests times seconds, or
 * requests times failures, in the same statistic on both sides. A call that got ten times slower but is made
 * once in a hundred requests does not explain an alert on their mean.
 */
export function impactEvidence(facts: Facts, suspects: number[]): Finding[] {
  const { graph, services, traffic, alerting, story } = facts;
  const ownTraffic = traffic[alerting] ?? null;
  // Means before percentiles: only of them do sums make sense.
  const alert = services[alerting]!.symptoms.filter(
    ({ series, strength }) => story.signals.includes(series.signal) && strength >= RANK.leastImpactStrength,
  ).sort((a, b) => tailOf(b.series.name) - tailOf(a.series.name));
  if (ownTraffic === null || ownTraffic <= 0 || alert.length === 0) return [];
  return suspects.flatMap((service) => {
    const theirTraffic = traffic[service] ?? null;
    if (service === alerting || theirTraffic === null) return [];
    // The nearest to a mean that both sides have.
    const pair = alert.flatMap((mine) => {
      const theirs = services[service]!.symptoms.find(
        ({ series }) => series.name === mine.series.name && series.perspective === mine.series.perspective,
      );
      return theirs ? [{ mine, theirs }] : [];
    })[0];
    if (pair === undefined) return [];
    const calls = theirTraffic / ownTraffic;
    const tail = tailOf(pair.mine.series.name);
    // A mean adds up over calls; a percentile only asks whether the slow calls are frequent enough to reach it.
    const reaches = tail === 1 ? calls : Math.min(1, calls / tail);
    const ratio = (grown(pair.theirs) / grown(pair.mine)) * reaches;
    const part = Math.min(1, Math.max(0, ratio) / RANK.enoughSize);
    const told = (rise(pair.theirs) / rise(pair.mine)) * reaches;
    const name = graph.names[service]!;
    return [
      finding(service, {
        observation: `impact of ${name}`,
        kind: 'explains-callers',
        weight: RANK.impact * part,
        statement: `${sentence(pair.mine.series, name, graph.names[alerting]!, told)}.`,
        move: pair.theirs,
      }),
    ];
  });
}

/** From this share on it is all, as far as can be measured. */
const ALL = 0.9;

/** `part` is what the suspect lost as a share of what the alerting service lost, in the same statistic; never negative. */
function sentence({ signal, name: metric }: Series, suspect: string, alerting: string, part: number): string {
  const size = part >= ALL ? 'all' : wholePercent(Math.max(0, part));
  const by = `(by ${metric} and traffic)`;
  return signal === 'latency'
    ? `The latency added by ${suspect} accounts for ${size} of the latency added at ${alerting} ${by}`
    : `The failed requests of ${suspect} account for ${size} of those of ${alerting} ${by}`;
}
