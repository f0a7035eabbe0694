import type { Anomaly } from '../../model/anomaly.js';
import type { Config } from '../../config/schema.js';

/** Settings that decide how foreign labels are read. */
export interface ReadingSettings {
  /** For signals that name no environment themselves. */
  environment: string;
  /** Labels that name the service, the first that is present. */
  serviceLabels: string[];
  environmentLabels: string[];
}

/** A post as it arrived: its parsed body and when. */
export interface Post {
  body: unknown;
  /** Unix seconds. */
  receivedAt: number;
}

/**
 * A system that posts signals. Each has a folder of its own: the schema of its payload, and an adapter that is pure.
 * The receiver serves it at `POST /v1/<name>`.
 */
export interface Source {
  /** Part of the path, of the metrics' label and of every anomaly: `alertmanager`. */
  name: string;
  /** How people call it: `Alertmanager`. */
  title: string;
  /**
   * Reads a post. No anomalies is a fine answer: there was nothing to act on.
   *
   * @throws MalformedPayload when the body can never be read, whoever sends it again.
   */
  read(post: Post, settings: ReadingSettings): Anomaly[];
}

export function readingSettings(config: Pick<Config, 'environment' | 'webhook'>): ReadingSettings {
  const { serviceLabels, environmentLabels } = config.webhook;
  return { environment: config.environment, serviceLabels, environmentLabels };
}
