import { createHash } from 'node:crypto';
import type { Anomaly, Severity, SymptomKind } from '../model/anomaly.js';
import { readName } from '../model/identity/names.js';

/** What a person saw. */
export interface StartRequest {
  environment: string;
  service: string;
  symptom: SymptomKind;
  severity: Severity;
  /** When it began, unix seconds. */
  since: number;
  /** One line for people. @default "Reported manually: <symptom> on <service>" */
  title?: string | undefined;
}

/**
 * The anomaly that a person raises. It has no alert behind it, so its identity comes from what was said:
 * the same words of the same moment raise the same anomaly.
 */
export function manualAnomaly(request: StartRequest): Anomaly {
  const { environment, symptom, severity, since } = request;
  const { name: service, namespace } = readName(request.service);
  const identity = createHash('sha256')
    .update(JSON.stringify([environment, request.service, symptom, since]))
    .digest('hex')
    .slice(0, 16);
  return {
    source: 'manual',
    fingerprint: `manual-${identity}`,
    group: identity,
    status: 'firing',
    environment,
    service,
    ...(namespace !== null && { namespace }),
    symptom,
    severity,
    title: request.title ?? `Reported manually: ${symptom} on ${service}`,
    startedAt: since,
    endedAt: null,
    labels: {},
    annotations: {},
    links: [],
  };
}
