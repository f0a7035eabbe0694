import { isMatch } from 'matcher';
import type { Route } from '../../config/sinks/base.js';
import type { SinkConfig } from '../../config/sinks/index.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { InvestigationSteps, SavedRecord } from '../contract.js';

/** The `saveRecord` activity with the names of those that are to hear of what it saved. */
export function withRoutes(
  saveRecord: (input: { record: IncidentRecord }) => Promise<Omit<SavedRecord, 'sinks'>>,
  sinks: readonly Routed[],
): InvestigationSteps['saveRecord'] {
  return async (input) => ({ ...(await saveRecord(input)), sinks: sinksFor(input.record, sinks) });
}

type Routed = Pick<SinkConfig, 'name' | 'route'>;

/**
 * Names of the sinks that are to hear of this revision, in the order of the configuration: those whose route fits
 * the record, and those that have heard of the incident before, who would otherwise be left with half of the story.
 */
export function sinksFor(record: IncidentRecord, sinks: readonly Routed[]): string[] {
  const told = new Set(record.publications.map(({ sink }) => sink));
  return sinks.filter(({ name, route }) => told.has(name) || fits(record, route)).map(({ name }) => name);
}

function fits(record: IncidentRecord, { services, environments, severities, when }: Route): boolean {
  if (when === 'escalated' && record.escalatedAt === null) return false;
  return (
    (!services || servicesOf(record).some((service) => isNamed(service, services))) &&
    (!environments || isNamed(record.environment, environments)) &&
    (!severities || severities.includes(record.severity))
  );
}

/** Whose incident it is: of the service that shows it, and of the one that is to blame for it. A mere lead calls nobody. */
function servicesOf({ service, diagnosis, feedback }: IncidentRecord): string[] {
  const named = diagnosis && diagnosis.verdict.level !== 'inconclusive' ? diagnosis.verdict.service : null;
  return [service, named, feedback?.service].filter((name) => typeof name === 'string');
}

function isNamed(name: string, patterns: string[]): boolean {
  return isMatch(name, patterns, { caseSensitive: true });
}
