import type { IncidentRecord } from '../model/incident.js';
import { count } from '../model/wording.js';
import { oneLine, shortName } from './escape.js';

/** A query or check that gave no data, or only part of it. Texts are cleaned, without a full stop. */
export interface Missing {
  what: string;
  /** The source that did not answer; null for a check, which names its own reason. */
  source: string | null;
  reason: string;
}

/**
 * Everything that had no data, each thing once: what the sources did not answer, and checks that could not run.
 * All counts and lists of what is missing come from here, so that they agree.
 */
export function missingOf({ gaps, diagnosis, checks }: IncidentRecord): Missing[] {
  const known = new Set<string>();
  const distinct = [...gaps, ...(diagnosis?.gaps ?? [])].filter(({ source, what }) => {
    const key = `${source}\n${what}`;
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
  return [
    ...distinct.map(({ source, what, reason }) => ({
      what: oneLine(what, 200),
      source: oneLine(source, 60),
      reason: withoutStop(oneLine(reason, 400)),
    })),
    ...checks
      .filter(({ outcome }) => outcome === 'could-not-run')
      .map(({ check, service, statement }) => ({
        what: `check ${oneLine(check, 60)} of ${shortName(service, 60)}`,
        source: null,
        reason: withoutStop(oneLine(statement, 400)),
      })),
  ];
}

/**
 * What is missing and bears on the answer, counted for the short form: `partial visibility: 2 data sources missing`,
 * `3 checks had no data`. What names other services only (the pool metrics of a service that is neither suspected nor
 * affected) stays in the list of the full summary. Empty when nothing that matters is missing.
 */
export function relevantMissingWords(record: IncidentRecord): string {
  const { diagnosis } = record;
  if (!diagnosis) return '';
  const { verdict, anomaly, ranking, blastRadius } = diagnosis;
  const concerned = new Set([verdict.service, anomaly.service, ...blastRadius]);
  const others = ranking.map(({ service }) => service).filter((service) => !concerned.has(service));
  const names = (text: string, service: string) => text.split(/[^\w.-]+/).includes(service);
  const isRelevant = ({ what }: Missing) =>
    [...concerned].some((service) => service !== null && names(what, service)) ||
    !others.some((service) => names(what, service));
  const relevant = missingOf(record).filter(isRelevant);
  const sources = relevant.filter(({ source }) => source !== null).length;
  const checks = relevant.length - sources;
  return [
    ...(sources > 0 ? [`partial visibility: ${count(sources, 'data source')} missing`] : []),
    ...(checks > 0 ? [`${count(checks, 'check')} had no data`] : []),
  ].join(', ');
}

/** A sentence as part of another: without its full stop. */
export function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
