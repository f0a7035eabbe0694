import { createHash } from 'node:crypto';
import type { Anomaly } from '../../model/anomaly.js';
import { maskAddress, withoutSecrets } from '../../report/mask.js';
import { boundAnnotations, boundLabels, cut, fitted, LIMITS, NOTE, oneLine, safeUrl } from './bounds.js';
import { symptomOfExpression } from './expression.js';
import { labelOf, serviceOf } from './service-name.js';
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
  /** Unix seconds; undefined when the source gave no time that can be read. */
  startedAt: number | undefined;
  /** The source does not tell when an episode began (see the model). */
  startUnknown?: boolean | undefined;
  endedAt?: number | undefined;
  /** Where the source names it outright and not by a label. */
  service?: string | undefined;
  environment?: string | undefined;
  labels: Record<string, string>;
  /** The PromQL behind the alert. */
  expression?: string | undefined;
  annotations?: Record<string, string> | undefined;
  /** The source's word for it. */
  severity?: string | undefined;
  /** Further texts that may tell the symptom, after expression, name and the label `slo`, the most telling first. */
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

/** What the intake changed in an alert, as label of a metric. The alert's note says more. */
export type Adjustment = 'start' | 'environment' | 'size';

/** Clocks differ; a time further ahead than this is none. */
const MAX_AHEAD_SECONDS = 300;

/** The anomaly of one alert, named in our terms and within bounds, and what was changed for that. */
export function anomalyFrom(
  signal: Signal,
  { receivedAt, settings }: SignalContext,
): { anomaly: Anomaly; adjusted: Adjustment[] } {
  // Before anything is cut: half a secret is not known as one.
  const masked = withoutSecrets({
    name: signal.name,
    summary: signal.summary,
    service: signal.service,
    expression: signal.expression,
    environment: signal.environment,
    labels: signal.labels,
    annotations: signal.annotations ?? {},
  });
  const { name, summary, labels, annotations } = masked;
  const service = serviceOf(
    { service: masked.service, labels, name, expression: masked.expression },
    settings,
  );
  const environment = environmentOf(masked.environment, labels, settings);
  const keptLabels = boundLabels(labels);
  const keptAnnotations = boundAnnotations(annotations);
  const times = timesOf(signal, receivedAt, settings.maxAlertAgeSeconds);
  const notes = [
    service.note,
    times.note,
    environment.note,
    keptLabels.cut > 0 && `${keptLabels.cut} labels were cut or left out`,
    keptAnnotations.cut > 0 && `${keptAnnotations.cut} annotations were cut or left out`,
    ...(signal.notes ?? []),
  ].filter((note) => typeof note === 'string');
  const { hints = [] } = signal;

  const { anomaly, isCut } = fitted({
    source: signal.source,
    fingerprint: cut(signal.fingerprint, LIMITS.name),
    // The environment is part of it: the same group of staging and of production are two incidents.
    group: shortHash([environment.name, ...signal.group].join('\n')),
    status: signal.status,
    environment: environment.name,
    service: service.name,
    ...(service.namespace !== null && { namespace: service.namespace }),
    ...(service.cluster !== null && { cluster: service.cluster }),
    symptom:
      namedSymptom(labelOf(labels, 'symptom')) ??
      symptomOfExpression(masked.expression) ??
      symptomIn([name, labelOf(labels, 'slo'), ...hints.map((hint) => hint ?? undefined)]),
    severity: severityOf(severityWord(signal)),
    title: oneLine(summary ? `${name}: ${summary}` : name, LIMITS.title) || 'Alert',
    startedAt: times.startedAt,
    ...(times.startUnknown && { startUnknown: true as const }),
    endedAt: times.endedAt,
    labels: keptLabels.map,
    annotations: {
      ...keptAnnotations.map,
      ...(notes.length > 0 && { [NOTE]: oneLine(notes.join('; '), LIMITS.note) }),
    },
    links: linksOf(signal),
  });
  const adjusted: (Adjustment | false)[] = [
    times.note !== null && 'start',
    environment.note !== null && 'environment',
    isCut && 'size',
  ];
  return { anomaly, adjusted: adjusted.filter((one) => one !== false) };
}

/** The source's word for the severity: what the adapter read, else a label. */
export function severityWord({ severity, labels }: Signal): string | undefined {
  return severity ?? labelOf(labels, 'severity') ?? labelOf(labels, 'priority');
}

/** Sixteen hex digits that stand for a text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

interface Times {
  startedAt: number;
  startUnknown: boolean;
  endedAt: number | null;
  note: string | null;
}

/**
 * When an alert began and ended. A start that is no time, too old or ahead of our clock would move the window of the
 * whole incident: the time of receipt stands for it.
 */
function timesOf(signal: Signal, receivedAt: number, maxAgeSeconds: number): Times {
  const { startedAt: given } = signal;
  const isPlausible = (time: number): boolean =>
    time >= receivedAt - maxAgeSeconds && time <= receivedAt + MAX_AHEAD_SECONDS;
  const isUsable = given !== undefined && given > 0 && isPlausible(given);
  const startUnknown = signal.startUnknown === true || !isUsable;
  const hasNote = !isUsable && !(signal.startUnknown && given === undefined);
  const note = hasNote
    ? `${faultOf(given, receivedAt, maxAgeSeconds)}, so the time of receipt is taken`
    : null;
  const start = isUsable ? given : receivedAt;
  if (signal.status === 'firing') return { startedAt: start, startUnknown, endedAt: null, note };

  const { endedAt } = signal;
  const end = endedAt !== undefined && isPlausible(endedAt) ? endedAt : receivedAt;
  return startUnknown
    ? { startedAt: Math.min(start, end), startUnknown, endedAt: end, note }
    : { startedAt: start, startUnknown, endedAt: Math.max(start, end), note };
}

function faultOf(start: number | undefined, receivedAt: number, maxAgeSeconds: number): string {
  if (start === undefined || start <= 0) return 'its start is missing or no time';
  const time = new Date(start * 1000).toISOString();
  return start > receivedAt
    ? `its start, ${time}, is more than ${MAX_AHEAD_SECONDS / 60} minutes ahead`
    : `its start, ${time}, is more than ${maxAgeSeconds / 86_400} days ago`;
}

function environmentOf(
  named: string | undefined,
  labels: Record<string, string>,
  { environment, environmentLabels, keptEnvironment }: ReadingSettings,
) {
  const label = environmentLabels.find((one) => labelOf(labels, one));
  const name = oneLine(named ?? '', LIMITS.name) || (label && labelOf(labels, label));
  return keptEnvironment(name || environment);
}

function linksOf({ links = [] }: Signal): Anomaly['links'] {
  return links
    .flatMap(([title, text]) => {
      const url = safeUrl(text?.trim());
      return url === undefined ? [] : [{ title, url: maskAddress(url) }];
    })
    .slice(0, LIMITS.links);
}
