import type { IncidentRecord } from '../model/incident.js';
import type { Document, Section } from './document.js';
import { factsOf } from './facts.js';
import { summaryOf, titleOf } from './headline.js';
import { Queries } from './queries.js';
import { actionsSection, checksSection, peopleSection } from './sections/actions.js';
import { causeSection, spreadSection } from './sections/cause.js';
import { decisionSection } from './sections/decision.js';
import { notCheckedSection, ruledOutSection } from './sections/doubts.js';
import { evidenceSection, queriesSection } from './sections/evidence.js';
import { impactSection } from './sections/impact.js';
import { statusSection } from './sections/status.js';
import { timelineSection } from './sections/timeline.js';

/** How much of it is told. */
export interface Telling {
  /** Leaves out how it was found: the checks that were run and how the ranking came about. @default false */
  brief?: boolean;
}

/**
 * What a record says, in the order in which it is read: what is broken and why first, how that was found last.
 * Every rendering is printed from this.
 */
export function buildDocument(record: IncidentRecord, { brief = false }: Telling = {}): Document {
  const facts = factsOf(record);
  const queries = new Queries(facts.diagnosis?.window ?? null);
  // Queries are numbered as the sections that name them are made: in reading order.
  const sections: (Section | null)[] = [
    {
      title: 'Summary',
      blocks: summaryOf(facts, queries.cite).map((sentence) => ({ kind: 'paragraph', text: sentence })),
    },
    statusSection(facts),
    actionsSection(facts),
    impactSection(facts, queries),
    causeSection(facts, queries),
    spreadSection(facts),
    evidenceSection(facts, queries),
    timelineSection(facts, queries),
    ruledOutSection(facts),
    notCheckedSection(facts),
    brief ? null : checksSection(facts, queries),
    brief ? null : decisionSection(facts),
    queriesSection(queries),
    peopleSection(),
  ];
  return { title: titleOf(record), sections: sections.filter((section) => section !== null) };
}
