import { z } from 'zod';
import type { StatusConfig } from '../../../config/status.js';
import type { Condition } from '../../../model/condition.js';
import type { Gap } from '../../../model/gap.js';
import { maskedStart } from '../../../report/safe-change.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import { isoSeconds } from '../iso-time.js';
import { SourceApi } from '../source-api.js';

/** Conditions of one page: Statuspage itself lists the last fifty incidents. */
const MOST_CONDITIONS = 100;
const LONGEST_MESSAGE = 500;

const text = z.string().nullish();
const component = z.object({
  name: z.string(),
  status: z.string(),
  updated_at: isoSeconds.nullish(),
  group: z.boolean().nullish(),
});
const incident = z.object({
  id: z.string(),
  name: z.string(),
  impact: z.string(),
  status: z.string(),
  created_at: isoSeconds,
  started_at: isoSeconds.nullish(),
  resolved_at: isoSeconds.nullish(),
  scheduled_for: isoSeconds.nullish(),
  shortlink: text,
  components: z.array(z.object({ name: z.string() })).nullish(),
  incident_updates: z
    .array(z.object({ body: text, affected_components: z.array(z.object({ name: z.string() })).nullish() }))
    .nullish(),
});
type Incident = z.infer<typeof incident>;
const incidents = z.object({ incidents: z.array(incident) });
const summary = z.object({
  components: z.array(component),
  scheduled_maintenances: z.array(incident).default([]),
});

/** States of a component in which it does not serve as it should. */
const BROKEN = new Set(['degraded_performance', 'partial_outage', 'major_outage']);

/** What is read for which time; unix seconds. */
export interface StatusWindow {
  from: number;
  to: number;
}

/**
 * Reads what a provider says of itself within a window from its status page (Statuspage's API, version 2): incidents,
 * maintenance under way, and components that are out of order without an incident. A page that does not answer is a
 * gap.
 *
 * @throws SourceError when another attempt may outlast an outage
 */
export async function readStatus(
  config: StatusConfig,
  window: StatusWindow,
  limits: Limits,
): Promise<{ conditions: Condition[]; gaps: Gap[] }> {
  const api = new SourceApi(config, 'status', limits, { Accept: 'application/json' });
  try {
    const [listed, now] = await Promise.all([
      api.get({ path: '/api/v2/incidents.json', schema: incidents }),
      api.get({ path: '/api/v2/summary.json', schema: summary }),
    ]);
    const counted = new Set(config.components.map((name) => name.toLowerCase()));
    const isCounted = (name: string) => counted.size === 0 || counted.has(name.toLowerCase());
    const told = [
      ...listed.incidents.filter(({ impact }) => impact !== 'none'),
      ...now.scheduled_maintenances.filter(
        ({ status }) => status === 'in_progress' || status === 'verifying',
      ),
    ].filter((one) => counted.size === 0 || componentsOf(one).some(isCounted));
    const named = new Set(told.filter(({ resolved_at }) => resolved_at == null).flatMap(componentsOf));
    const silent = now.components.filter(
      ({ name, status, group }) =>
        BROKEN.has(status) && group !== true && isCounted(name) && !named.has(name),
    );
    const conditions = [
      ...told.map((one) => ofIncident(one, config)),
      ...silent.map((one) => ofComponent(one, config, window)),
    ]
      .filter(({ since, until }) => since <= window.to && (until === null || until >= window.from))
      .flatMap((one) => (config.services ?? [config.name]).map((service) => ({ ...one, service })));
    return bounded(config.name, conditions);
  } catch (error) {
    return { conditions: [], gaps: [gapOf(error, limits, config.name, 'what the provider says of itself')] };
  } finally {
    api.close();
  }
}

function ofIncident(one: Incident, config: StatusConfig): Omit<Condition, 'service'> {
  const names = componentsOf(one);
  const last = one.incident_updates?.[0]?.body ?? '';
  const about = names.length > 0 ? ` (${names.join(', ')})` : '';
  return {
    kind: 'provider-outage',
    host: null,
    object: `incident ${one.id} of ${config.name}`,
    since: one.started_at ?? one.scheduled_for ?? one.created_at,
    until: one.resolved_at ?? null,
    message: message(`${one.impact}: ${one.name}${about}${last && `: ${last}`}`),
    count: 1,
    source: config.name,
    link: one.shortlink ?? null,
  };
}

function ofComponent(
  { name, status, updated_at }: z.infer<typeof component>,
  config: StatusConfig,
  { to }: StatusWindow,
): Omit<Condition, 'service'> {
  return {
    kind: 'provider-outage',
    host: null,
    object: `component ${name} of ${config.name}`,
    since: updated_at ?? to,
    until: null,
    message: message(`${status.replaceAll('_', ' ')}: ${name}`),
    count: 1,
    source: config.name,
    link: new URL(config.url).origin,
  };
}

/** Those that it names now, and those that any of its updates has named. */
function componentsOf({ components, incident_updates }: Incident): string[] {
  const updated = (incident_updates ?? []).flatMap(({ affected_components }) => affected_components ?? []);
  return [...new Set([...(components ?? []), ...updated].map(({ name }) => name))];
}

function message(words: string): string {
  const whole = maskedStart(words, LONGEST_MESSAGE + 1);
  return whole.length <= LONGEST_MESSAGE ? whole : `${whole.slice(0, LONGEST_MESSAGE - 1)}…`;
}

function bounded(source: string, conditions: Condition[]): { conditions: Condition[]; gaps: Gap[] } {
  if (conditions.length <= MOST_CONDITIONS) return { conditions, gaps: [] };
  const newest = [...conditions].sort((a, b) => b.since - a.since).slice(0, MOST_CONDITIONS);
  const what = `${conditions.length - MOST_CONDITIONS} of ${conditions.length} incidents of the provider`;
  return {
    conditions: newest,
    gaps: [{ source, what, reason: `${MOST_CONDITIONS} of a status page are kept` }],
  };
}
