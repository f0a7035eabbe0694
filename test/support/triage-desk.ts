import type { Anomaly } from '../../model/anomaly.js';
import type { TriagePolicy } from '../../model/triage.js';
import { TriageBoard } from '../../workflows/triage-board.js';
import { answerFor, PLAIN_POLICY, placeRound, type Office } from '../../workflows/triage-round.js';
import { T0 } from './anomalies.js';

/** Triage without Temporal, with incidents that only remember what they were told. */
export class TriageDesk implements Office {
  board = new TriageBoard();
  readonly told = new Map<string, Anomaly[]>();
  readonly ended: [incident: string, fingerprint: string][] = [];
  /** Incidents that have ended without triage having heard of it. */
  readonly gone = new Set<string>();
  policy: TriagePolicy = PLAIN_POLICY;
  answer: Office['correlate'] = ({ troubles }) =>
    Promise.resolve({ homes: troubles.map(() => null), blind: null });

  now = (): number => T0;
  open = (incident: string, anomalies: Anomaly[]): Promise<void> => {
    this.gone.delete(incident);
    this.told.set(incident, [...(this.told.get(incident) ?? []), ...anomalies]);
    return Promise.resolve();
  };
  add = (incident: string, anomalies: Anomaly[]): Promise<boolean> => {
    if (this.gone.has(incident)) return Promise.resolve(false);
    this.told.get(incident)?.push(...anomalies);
    return Promise.resolve(true);
  };
  end = (incident: string, anomalies: Anomaly[]): Promise<void> => {
    for (const { fingerprint } of anomalies) this.ended.push([incident, fingerprint]);
    return Promise.resolve();
  };
  correlate: Office['correlate'] = (request) => this.answer(request);

  async raise(...anomalies: Anomaly[]) {
    const { opened } = await placeRound(this.board, anomalies, this.policy, this);
    return answerFor(this.board, anomalies, opened).incidents.map(({ workflowId, joined }) => ({
      incident: workflowId,
      joined,
    }));
  }

  close(incident: string): void {
    this.board.close(incident, T0);
  }
}
