import type { Anomaly } from '../../model/anomaly.js';
import type { IncidentMessage, OutboxItem } from '../../model/delivery.js';
import type { CorrelateAnswer, CorrelateRequest, TriagePolicy } from '../../model/triage.js';
import { correlationQuestion } from '../../workflows/triage/placement.js';
import { newTriage, saveTriage, loadTriage, type SavedTriage } from '../../workflows/triage/state.js';
import { step, type Answer, type Command } from '../../workflows/triage/step.js';
import { T0 } from './anomalies.js';

export const PLAIN_POLICY: TriagePolicy = { settleSeconds: 0, joinBy: ['group', 'service'], silences: [] };

/** The reducer of triage with a loop that waits for nothing, and incidents that only keep what they were sent. */
export class TriageDesk {
  state = newTriage('production', 'desk0001');
  now = T0;
  policy = PLAIN_POLICY;
  correlate: (request: CorrelateRequest) => CorrelateAnswer = ({ groups }) => ({
    targets: groups.map(() => null),
    blind: null,
  });
  /** Incidents that do not run. */
  readonly ended = new Set<string>();
  readonly sent: OutboxItem[] = [];
  readonly answers = new Map<number, Answer['result']>();
  private replies = 0;

  take(command: Command): void {
    for (const { reply, result } of step(this.state, command, this.now).answers)
      this.answers.set(reply, result);
  }

  /** One round: what waits is placed as far as one round may, and delivered. */
  round(): void {
    this.take({ kind: 'join', policy: this.policy });
    const question = correlationQuestion(this.state, this.policy, this.now);
    const correlation = question && { keys: question.keys, answer: this.correlate(question.request) };
    this.take({ kind: 'open', policy: this.policy, correlation });
    this.deliver();
  }

  deliver(): void {
    while (this.state.outbox.isReady) {
      const items = this.state.outbox.next();
      const results = items.map((item) => {
        const { incident, start, message } = item;
        if (start) this.ended.delete(incident);
        const outcome = this.ended.has(incident) ? ('ended' as const) : ('delivered' as const);
        if (outcome === 'delivered') this.sent.push(structuredClone(item));
        return { id: message.id, outcome };
      });
      this.take({ kind: 'delivered', items, results });
    }
  }

  /** Raises anomalies as a source does, and lets rounds pass until all are placed. */
  raise(...anomalies: Anomaly[]): void {
    this.take({ kind: 'raised', anomalies, reply: null });
    this.settle();
  }

  settle(): void {
    this.deliver();
    while (this.state.waiting.size > 0) this.round();
  }

  /** Asks as an update does; answers what its caller is told. */
  ask(
    command:
      | { kind: 'raised'; anomalies: Anomaly[] }
      | { kind: 'merge'; merge: { from: string; into: string; by: string } }
      | { kind: 'split'; split: { from: string; service: string; by: string } },
  ): Answer['result'] | undefined {
    const reply = (this.replies += 1);
    this.take({ ...command, reply });
    this.settle();
    return this.answers.get(reply);
  }

  close(incident: string): void {
    this.ended.add(incident);
    const message = {
      id: `closed ${incident} ${this.replies++}`,
      incident,
      body: { kind: 'closed' as const },
    };
    this.take({ kind: 'messages', messages: [message] });
  }

  continueAsNew(): SavedTriage {
    const saved = JSON.parse(JSON.stringify(saveTriage(this.state))) as SavedTriage;
    this.state = loadTriage(saved);
    return saved;
  }

  /** The bodies of what an incident was sent, in order. */
  sentTo(incident: string): IncidentMessage['body'][] {
    return this.sent.flatMap((item) => (item.incident === incident ? [item.message.body] : []));
  }

  /** The alerts that an incident was sent as firing or resolved. */
  alertsOf(incident: string, kind: 'firing' | 'resolved' = 'firing'): Anomaly[] {
    return this.sentTo(incident).flatMap((body) => (body.kind === kind ? body.anomalies : []));
  }

  /** The incident of each of these fingerprints. */
  incidentsOf(...fingerprints: string[]): (string | undefined)[] {
    return fingerprints.map((fingerprint) => this.state.dedup.latestOf(fingerprint)?.incident);
  }
}
