import type { PagerdutySinkConfig } from '../../../config/sinks/pagerduty.js';
import type { IncidentRecord } from '../../../model/incident.js';
import { JsonApi } from '../json-api.js';
import { SinkClient } from '../sink-client.js';
import type { Delivery, Sink } from '../sink.js';
import { isWorthTelling, newsOf } from '../worth-telling.js';
import { actionsAt, dedupKey, eventOf } from './events.js';
import { noteMark, noteOf } from './note.js';
import { NotesApi, restOutcome } from './notes-api.js';

/** Label of an anomaly that came from PagerDuty. */
const INCIDENT_LABEL = 'pagerduty_incident_id';
const INCIDENT_ID = /^[A-Z0-9]{1,30}$/;
/** A storm that rang more often than this is told on the first ones. */
const MOST_INCIDENTS = 5;

/**
 * Tells responders where they are: notes on the PagerDuty incidents that rang, or, where none rang, an alert of its
 * own (docs/sinks/pagerduty.md). Notes are a log and stay as they are, so there is one for each turn of the story.
 * PagerDuty knows repeats of events by their key, and of notes not: a note ends with the line that names its revision.
 */
export class PagerdutySink implements Sink {
  readonly name: string;
  private readonly client: SinkClient;
  private readonly notes: NotesApi | null;

  constructor(private readonly config: PagerdutySinkConfig) {
    const { name, timeoutSeconds, notes, events } = config;
    this.name = name;
    const secrets = [...(notes ? [notes.token] : []), ...(events ? [events.routingKey] : [])];
    this.client = new SinkClient({ name, timeoutSeconds, secrets, decide: restOutcome });
    this.notes = notes ? new NotesApi(this.client, notes) : null;
  }

  /** Answers the ids of the PagerDuty incidents that rang, or the key of its own alert; null when it told nobody. */
  async post(delivery: Delivery): Promise<string | null> {
    const rang = incidentsThatRang(delivery.record);
    if (rang.length > 0) return this.tellThem(rang, delivery);
    return this.config.events ? this.ring(this.config.events, delivery) : null;
  }

  private async tellThem(incidents: readonly string[], delivery: Delivery): Promise<string | null> {
    if (!this.notes) return null;
    if (isWorthTelling(delivery)) {
      for (const incident of incidents) await this.addNote(this.notes, incident, delivery);
    }
    return incidents.join(',');
  }

  private async ring(
    { routingKey, url }: NonNullable<PagerdutySinkConfig['events']>,
    delivery: Delivery,
  ): Promise<string> {
    const { record, before, signal } = delivery;
    const api = new JsonApi(this.client, { url, headers: {} });
    const actions = actionsAt(delivery);
    for (const action of actions) {
      const body = { routing_key: routingKey, ...eventOf(record, action) };
      await api.tell({ method: 'POST', path: '', body }, signal);
    }
    // The alert itself says all that a first note would.
    if (this.notes && before !== null && !actions.includes('trigger') && isWorthTelling(delivery)) {
      const incident = await this.notes.incidentOf(dedupKey(record), signal);
      if (incident !== null) await this.addNote(this.notes, incident, delivery);
    }
    return dedupKey(record);
  }

  private async addNote(notes: NotesApi, incident: string, delivery: Delivery): Promise<void> {
    const { record, attempt, signal } = delivery;
    if (attempt > 1 && (await notes.has(incident, noteMark(record), signal))) return;
    await notes.add(incident, noteOf(record, newsOf(delivery)), signal);
  }
}

function incidentsThatRang({ anomalies }: IncidentRecord): string[] {
  const ids = anomalies.flatMap(({ labels }) => labels[INCIDENT_LABEL] ?? []);
  return [...new Set(ids)].filter((id) => INCIDENT_ID.test(id)).slice(0, MOST_INCIDENTS);
}
