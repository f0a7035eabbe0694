import type { Facts } from '../facts.js';
import { grown, rise, tailOf } from '../story.js';
import { share } from '../text.js';
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
    const what = pair.mine.series.signal === 'latency' ? 'time' : 'requests';
    return [
      finding(service, {
        observation: `impact of ${name}`,
        kind: 'explains-callers',
        weight: RANK.impact * part,
        statement: `By ${pair.mine.series.name} and traffic, ${name} lost ${share(Math.min(9.99, Math.max(0, told)))} of the ${what} that ${graph.names[alerting]!} lost.`,
        move: pair.theirs,
      }),
    ];
  });
}
