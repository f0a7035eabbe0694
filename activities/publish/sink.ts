import type { IncidentRecord } from '../../model/incident.js';

/** One place where summaries go. Each kind has a folder of its own: body, client, signature. */
export interface Sink {
  readonly name: string;

  /**
   * Delivers one revision; the same revision delivered twice has one effect there. Answers the address or id that
   * the sink gave it, null when it gave none. Throws the failures of outcome.ts.
   */
  post(record: IncidentRecord, signal: AbortSignal): Promise<string | null>;
}
