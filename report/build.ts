import type { IncidentRecord } from '../model/incident.js';
import type { Document, Section } from './document.js';
import { factsOf, type Facts } from './facts.js';
import { summaryOf, titleOf, type Cite } from './headline.js';
import { Queries } from './queries.js';
import { actionsSection, checksSection, peopleSection } from './sections/actions.js';
import { causeSection, spreadSection } from './sections/cause.js';
import { decisionSection } from './sections/decision.js';
import { notCheckedSection, ruledOutSection } from './sections/ruled-out.js';
import { evidenceSection, queriesSection } from './sections/evidence.js';
import { impactSection } from './sections/impact.js';
import { slicesSection } from './sections/slices.js';
import { statusSection } from './sections/status.js';
import { timelineSection } from './sections/timeline.js';

/**
 * The content of a record in reading order: what is broken and why first, how that was found last. Every rendering is
 * printed from this.
 */
export function buildDocument(record: IncidentRecord): Document {
  const facts = factsOf(record);
  return { title: titleOf(record), sections: sectionsOf(facts).filter((section) => section !== null) };
}

function sectionsOf(facts: Facts): (Section | null)[] {
  const queries = new Queries(facts.diagnosis?.window ?? null);
  // Queries are numbered as the sections that name them are made: in reading order.
  return [
    summarySection(facts, queries.cite),
    statusSection(facts),
    actionsSection(facts),
    impactSection(facts, queries),
    causeSection(facts, queries),
    spreadSection(facts),
    evidenceSection(facts, queries),
    slicesSection(facts, queries),
    timelineSection(facts, queries),
    ruledOutSection(facts),
    notCheckedSection(facts),
    checksSection(facts, queries),
    decisionSection(facts),
    queriesSection(queries),
    peopleSection(),
  ];
}

function summarySection(facts: Facts, cite?: Cite): Section {
  const paragraphs = summaryOf(facts, cite);
  return { title: 'Summary', blocks: paragraphs.map((text) => ({ kind: 'paragraph', text })) };
}
