import type { Anomaly } from '../../model/anomaly.js';
import type { IncidentMessage, OutboxItem, TriageMessage } from '../../model/delivery.js';
import { episodeOf } from '../../workflows/alert-identity.js';

/** Faults that can be put back into the model of incidents, to see that the simulation finds them. */
export type IncidentFault =
  /** A transfer to an incident that has ended fails the giving incident. */
  | 'transfer-to-ended-fails'
  /** Alerts that are only counted are not transferred. */
  | 'counted-alerts-stay'
  /** A transfer that leaves no listed alert ends the incident, whatever is counted. */
  | 'split-ends-the-rest';

/** Alerts that an incident lists; more are counted. */
const LISTED = 3;

const INVESTIGATES = 3;

interface Job {
  id: string;
  to: string;
  service: string | null;
  by: string;
}

/** One incident: what its workflow would hold. */
interface ModelIncident {
  id: string;
  /** Its workflow runs; while it is closed it waits for feedback. */
  isRunning: boolean;
  isClosed: boolean;
  alerts: Map<string, { anomaly: Anomaly; isFiring: boolean }>;
  known: Set<string>;
  resolvedEarly: Set<string>;
  jobs: Job[];
  /** How often something was to end it: the first times it still investigates. */
  age: number;
  /** It was this one of those that ended; 0 while it runs. */
  ended: number;
}

/** Incidents without Temporal, as the contract of model/delivery.ts describes them. */
export class ModelIncidents {
  private readonly byId = new Map<string, ModelIncident>();
  private messages = 0;
  /** How many have ended. */
  ended = 0;
  /** Episodes that fired in an incident when a person ended it: nobody follows them, on purpose. */
  readonly abandoned = new Set<string>();

  constructor(
    private readonly tell: (message: TriageMessage) => void,
    private readonly fault: IncidentFault | null,
  ) {}

  get all(): ModelIncident[] {
    return [...this.byId.values()];
  }

  /** Those that have alerts: a run that is started and gets none ends after a while. */
  get open(): ModelIncident[] {
    return this.all.filter(({ isRunning, isClosed, alerts }) => isRunning && !isClosed && alerts.size > 0);
  }

  /** `retrySince`: the delivery is tried again, and its first attempt began when so many incidents had ended. */
  deliver({ incident: id, start, message }: OutboxItem, retrySince = Infinity): 'delivered' | 'ended' {
    let incident = this.byId.get(id);
    if (!incident?.isRunning) {
      if (!start || (incident && incident.ended > retrySince)) return 'ended';
      incident = {
        id,
        isRunning: true,
        isClosed: false,
        alerts: new Map(),
        known: new Set(),
        resolvedEarly: new Set(),
        jobs: [],
        age: 0,
        ended: 0,
      };
      this.byId.set(id, incident);
    }
    this.receive(incident, message);
    return 'delivered';
  }

  /** Closes an incident that has no firing alert; it may still wait for feedback. */
  closeQuiet(incident: ModelIncident, waits: boolean): void {
    if ((incident.age += 1) < INVESTIGATES || incident.alerts.size === 0) return;
    if (incident.jobs.length > 0 || [...incident.alerts.values()].some(({ isFiring }) => isFiring)) return;
    this.close(incident, waits);
  }

  /** A person cancels it, or ends its workflow by hand so that it tells nobody. */
  abandon(incident: ModelIncident, how: 'cancel' | 'terminate', waits: boolean): void {
    if ((incident.age += 1) < INVESTIGATES || incident.jobs.length > 0 || incident.alerts.size === 0) return;
    for (const [episode, { isFiring }] of incident.alerts) if (isFiring) this.abandoned.add(episode);
    if (how === 'cancel') this.close(incident, waits);
    else this.end(incident);
  }

  /** Does the next transfer that an incident was ordered to make; a retry sends it a second time. */
  transfer(incident: ModelIncident, isTwice: boolean): void {
    const job = incident.isRunning ? incident.jobs.shift() : undefined;
    if (!job) return;
    const { to, service, by } = job;
    let moved = [...incident.alerts].filter(
      ([, { anomaly }]) => service === null || anomaly.service === service,
    );
    if (this.fault === 'counted-alerts-stay') {
      const listed = new Set([...incident.alerts.keys()].slice(0, LISTED));
      moved = moved.filter(([episode]) => listed.has(episode));
    }
    const body: IncidentMessage['body'] = {
      kind: 'transferred',
      from: incident.id,
      by,
      anomalies: moved.map(([, { anomaly, isFiring }]) => ({
        ...anomaly,
        status: isFiring ? 'firing' : 'resolved',
      })),
      counted: {},
    };
    const fails = this.fault === 'transfer-to-ended-fails';
    const item: OutboxItem = {
      incident: to,
      environment: 'sim',
      start: !fails,
      message: { id: `${job.id}/transferred`, body },
    };
    for (let times = isTwice ? 2 : 1; times > 0; times--) {
      if (this.deliver(item) === 'delivered') continue;
      this.end(incident);
      return;
    }
    for (const [episode] of moved) incident.alerts.delete(episode);
    const rest = [...incident.alerts.values()];
    const isNothingLeft = (service === null || rest.length === 0) && incident.jobs.length === 0;
    const isUnlisted = this.fault === 'split-ends-the-rest' && rest.length < LISTED;
    if (isNothingLeft || isUnlisted) this.close(incident, false);
  }

  private close(incident: ModelIncident, waits: boolean): void {
    incident.isClosed = true;
    if (!waits) this.end(incident);
    this.send(incident, { kind: 'closed' });
  }

  private end(incident: ModelIncident): void {
    incident.isRunning = false;
    incident.ended = this.ended += 1;
  }

  private receive(incident: ModelIncident, { id, body }: IncidentMessage): void {
    if (incident.known.has(id)) return;
    incident.known.add(id);
    switch (body.kind) {
      case 'firing':
      case 'transferred':
        for (const anomaly of body.anomalies) this.take(incident, anomaly);
        if (!incident.isClosed && body.kind === 'firing') break;
        incident.isClosed = false;
        this.announce(incident);
        break;
      case 'resolved':
        for (const anomaly of body.anomalies) {
          const episode = episodeOf(anomaly);
          const known = incident.alerts.get(episode);
          if (known) known.isFiring = false;
          else incident.resolvedEarly.add(episode);
        }
        break;
      case 'transfer':
        incident.jobs.push({ ...body, id });
        break;
    }
  }

  private take(incident: ModelIncident, anomaly: Anomaly): void {
    const episode = episodeOf(anomaly);
    if (incident.alerts.has(episode)) return;
    const isFiring = anomaly.status === 'firing' && !incident.resolvedEarly.has(episode);
    incident.alerts.set(episode, { anomaly, isFiring });
  }

  private announce(incident: ModelIncident): void {
    const firing = [...incident.alerts.values()]
      .filter(({ isFiring }) => isFiring)
      .map(({ anomaly }) => anomaly);
    // What was abandoned with it is followed again.
    for (const anomaly of firing) this.abandoned.delete(episodeOf(anomaly));
    this.send(incident, { kind: 'reopened', firing });
  }

  private send(incident: ModelIncident, body: TriageMessage['body']): void {
    this.messages += 1;
    this.tell({ id: `incident-message-${this.messages}`, incident: incident.id, body });
  }
}
