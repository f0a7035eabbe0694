import { createHash } from 'node:crypto';
import { h } from 'preact';
import { render } from 'preact-render-to-string';
import type { GrafanaSinkConfig } from '../../../config/sinks/grafana.js';
import type { IncidentRecord } from '../../../model/incident.js';
import { FAULT_TYPE_WORDS } from '../../../model/wording.js';
import { briefOf } from '../../../report/brief.js';
import { oneLine, shortName } from '../../../report/escape.js';
import { clearFaultType, factsOf } from '../../../report/facts.js';
import { followable } from '../plain-brief.js';

/** What Grafana keeps of a tag. */
const LONGEST_TAG = 100;
const MOST_REASONS = 2;
const MOST_LINKS = 3;
const LONGEST_ADDRESS = 1000;

export interface Annotation {
  /** Milliseconds since the Unix epoch. */
  time: number;
  /** When it was over; absent while it lasts, which shows as a line instead of a region. */
  timeEnd?: number;
  tags: string[];
  /** HTML, of which Grafana shows links and emphasis. */
  text: string;
}

/** From the first symptom to the end of the incident. */
export function annotationOf(record: IncidentRecord, tags: GrafanaSinkConfig['tags']): Annotation {
  const { zero, closedAt } = factsOf(record);
  return {
    time: Math.round(zero * 1000),
    ...(closedAt !== null && { timeEnd: Math.round(Math.max(closedAt, zero) * 1000) }),
    tags: [...new Set(['faultline', incidentTag(record.id), ...aboutTags(record), ...tags])],
    text: textOf(record),
  };
}

/** By which the annotation of an incident is known. */
export function incidentTag(incident: string): string {
  if (incident.length <= LONGEST_TAG) return incident;
  return `incident/${createHash('sha256').update(incident).digest('hex').slice(0, 32)}`;
}

function aboutTags(record: IncidentRecord): string[] {
  const { diagnosis, suspect } = factsOf(record);
  const type = suspect && clearFaultType(suspect);
  const verdict = diagnosis ? [diagnosis.verdict.level] : [];
  return [record.service, record.environment, ...verdict, ...(type ? [FAULT_TYPE_WORDS[type]] : [])].map(
    (tag) => shortName(tag, LONGEST_TAG),
  );
}

function textOf(record: IncidentRecord): string {
  const brief = briefOf(record);
  const { title, cause, why } = brief;
  const reasons = why.slice(0, MOST_REASONS).map(({ stance, statement }) => `${stance}: ${statement}`);
  const targets = followable(brief, MOST_LINKS, LONGEST_ADDRESS).map((link) =>
    h('a', { href: link.url }, link.title),
  );
  const lines = [h('b', null, title), oneLine(cause, 400), ...reasons, ...targets];
  return render(
    h('div', null, ...lines.flatMap((line, index) => (index === 0 ? [line] : [h('br', null), line]))),
  );
}
