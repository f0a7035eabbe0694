import { createHash } from 'node:crypto';
import type { Anomaly } from '../../model/anomaly.js';
import { boundMap, LIMITS, NOTE, oneLine, safeUrl } from './bounds.js';
import { labelOf, serviceOf, type ServiceName } from './service-name.js';
import type { ReadingSettings } from './source.js';
import { namedSymptom, severityOf, symptomIn } from './words.js';

/** What an adapter understood of one alert, in the words of its source and without bounds. */
export interface Signal {
  source: string;
  /** What the alert is called. */
  name: string;
  summary?: string | undefined;
  /** Identity of the alert at its source. */
  fingerprint: string;
  /** What the source says belongs together, in parts; the environment is added. */
  group: readonly string[];
  status: Anomaly['status'];
  /** Unix seconds. */
  startedAt: number;
  /** The source does not tell when an episode began (see the model). */
  startUnknown?: boolean | undefined;
  endedAt?: number | undefined;
  /** Where the source names it outright and not by a label. */
  service?: string | undefined;
  environment?: string | undefined;
  labels: Record<string, string>;
  annotations?: Record<string, string> | undefined;
  /** The source's word for it. */
  severity?: string | undefined;
  /** Further texts that may tell the symptom, after the name and the label `slo`, the most telling first. */
  hints?: readonly (string | null | undefined)[] | undefined;
  /** Title and address; those that are no addresses are left out. */
  links?: readonly (readonly [title: string, url: string | null | undefined])[] | undefined;
  /** What the reader must know about how it was read. */
  notes?: readonly (string | false)[] | undefined;
}

export interface SignalContext {
  /** Unix seconds. */
  receivedAt: number;
  settings: ReadingSettings;
}

/** The anomaly of one alert: named in our terms, and made harmless. */
export function anomalyFrom(signal: Signal, { receivedAt, settings }: SignalContext): Anomaly {
  const { labels, annotations = {} } = signal;
  const service = namedOutright(signal.service) ?? serviceOf(labels, settings.serviceLabels, signal.name);
  const environmentLabel = settings.environmentLabels.find((label) => labelOf(labels, label));
  const environment =
    oneLine(signal.environment ?? '', LIMITS.name) ||
    (environmentLabel && labelOf(labels, environmentLabel)) ||
    settings.environment;
  const keptLabels = boundMap(labels, { entries: LIMITS.labels, value: LIMITS.labelValue });
  const keptAnnotations = boundMap(annotations, {
    entries: LIMITS.annotations,
    value: LIMITS.annotationValue,
  });
  const notes = [
    service.guessed &&
      `none of the labels ${settings.serviceLabels.join(', ')} is there, so the service is ${guessedFrom(service.label)}`,
    keptLabels.cut > 0 && `${keptLabels.cut} labels were cut or left out`,
    keptAnnotations.cut > 0 && `${keptAnnotations.cut} annotations were cut or left out`,
    ...(signal.notes ?? []),
  ].filter((note) => typeof note === 'string');
  const { name, summary, hints = [] } = signal;
  const endedAt = signal.status === 'resolved' ? (signal.endedAt ?? receivedAt) : null;

  return {
    source: signal.source,
    fingerprint: signal.fingerprint,
    // The environment is part of it: the same group of staging and of production are two incidents.
    group: shortHash([environment, ...signal.group].join('\n')),
    status: signal.status,
    environment,
    service: nameInMetrics(service.name, settings),
    symptom:
      namedSymptom(labelOf(labels, 'symptom')) ??
      symptomIn([name, labelOf(labels, 'slo'), ...hints.map((hint) => hint ?? undefined)]),
    severity: severityOf(signal.severity ?? labelOf(labels, 'severity') ?? labelOf(labels, 'priority')),
    title: oneLine(summary ? `${name}: ${summary}` : name, LIMITS.title) || 'Alert',
    ...(signal.startUnknown
      ? { startedAt: Math.min(signal.startedAt, endedAt ?? Infinity), startUnknown: true as const }
      : { startedAt: signal.startedAt }),
    endedAt,
    labels: keptLabels.map,
    annotations: { ...keptAnnotations.map, ...(notes.length > 0 && { [NOTE]: notes.join('; ') }) },
    links: (signal.links ?? [])
      .flatMap(([title, text]) => {
        const url = safeUrl(text?.trim());
        return url === undefined ? [] : [{ title, url }];
      })
      .slice(0, LIMITS.links),
  };
}

/** Sixteen hex digits that stand for a text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function namedOutright(text: string | undefined): ServiceName | undefined {
  const name = oneLine(text ?? '', LIMITS.name);
  return name === '' ? undefined : { name, label: null, guessed: false };
}

function nameInMetrics(name: string, { serviceNames = {} }: ReadingSettings): string {
  return (Object.hasOwn(serviceNames, name) && serviceNames[name]) || name;
}

function guessedFrom(label: string | null): string {
  return label === null ? "the alert's name" : `taken from the label ${label}`;
}
