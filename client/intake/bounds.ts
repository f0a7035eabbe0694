import type { Anomaly } from '../../model/anomaly.js';

/**
 * Bounds on what senders write, in bytes of UTF-8. Labels pass through workflow history, search attributes and
 * reports, so they are made harmless once, where they come in.
 */
export const LIMITS = {
  /** A service's or environment's name: search attributes are indexed up to 255 bytes, summaries hold 400. */
  name: 120,
  title: 200,
  labelName: 120,
  labelValue: 512,
  labels: 48,
  annotationValue: 2_048,
  annotations: 16,
  url: 2_048,
  links: 8,
  note: 600,
} as const;

/**
 * A whole anomaly as JSON. An incident lists up to 50 alerts, which are the input of activities, and Temporal refuses
 * an input of 2 MiB: 50 of them are 400 KiB.
 */
export const ANOMALY_BYTES = 8 * 1024;

/** Annotation in which the intake says what it did to an alert. */
export const NOTE = 'faultline_note';

const CUT_MARK = '…';
const CUT_MARK_BYTES = Buffer.byteLength(CUT_MARK);

/** Control characters but line breaks and tabs, which are part of a text. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/** One line without control characters, at most `bytes` long, cut with a mark. */
export function oneLine(text: string, bytes: number): string {
  return cut(wellFormed(text).replace(SPACE, ' ').trim(), bytes);
}
const SPACE = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu;

/** Labels within bounds, each in one line, and how many were left out or cut. */
export function boundLabels(labels: Record<string, string>): { map: Record<string, string>; cut: number } {
  return boundMap(labels, LIMITS.labels, (value) => value.replace(SPACE, ' '), LIMITS.labelValue);
}

/** Annotations within bounds, without control characters, and how many were left out or cut. */
export function boundAnnotations(annotations: Record<string, string>): {
  map: Record<string, string>;
  cut: number;
} {
  const clean = (value: string): string => value.replace(CONTROL, '');
  return boundMap(annotations, LIMITS.annotations, clean, LIMITS.annotationValue);
}

function boundMap(
  map: Record<string, string>,
  most: number,
  clean: (value: string) => string,
  valueBytes: number,
): { map: Record<string, string>; cut: number } {
  const entries = Object.entries(map);
  let changed = Math.max(0, entries.length - most);
  const bounded = entries.slice(0, most).map(([name, value]): [string, string] => {
    const [cleanName, cleanValue] = [wellFormed(name).replace(SPACE, ' '), clean(wellFormed(value))];
    const kept: [string, string] = [cut(cleanName, LIMITS.labelName), cut(cleanValue, valueBytes)];
    if (kept[0] !== cleanName || kept[1] !== cleanValue) changed++;
    return kept;
  });
  return { map: Object.fromEntries(bounded), cut: changed };
}

/**
 * The anomaly within `ANOMALY_BYTES`: annotations are shortened first and then left out, then links go, then labels
 * are shortened and left out, the last first. The note of the intake stays, and says so.
 */
export function fitted(anomaly: Anomaly): { anomaly: Anomaly; isCut: boolean } {
  if (bytesOf(anomaly) <= ANOMALY_BYTES) return { anomaly, isCut: false };
  const note = [anomaly.annotations[NOTE], 'cut to fit 8 KiB'].filter(Boolean).join('; ');
  let fit: Anomaly = { ...anomaly, annotations: { ...anomaly.annotations, [NOTE]: note } };
  for (const shorten of SHORTENINGS) {
    fit = shorten(fit);
    if (bytesOf(fit) <= ANOMALY_BYTES) return { anomaly: fit, isCut: true };
  }
  const entries = Object.entries(fit.labels);
  while (entries.length > 0 && bytesOf({ ...fit, labels: Object.fromEntries(entries) }) > ANOMALY_BYTES) {
    entries.pop();
  }
  return { anomaly: { ...fit, labels: Object.fromEntries(entries) }, isCut: true };
}

const SHORTENINGS: ((anomaly: Anomaly) => Anomaly)[] = [
  ...[512, 128].map((bytes) => (anomaly: Anomaly) => ({
    ...anomaly,
    annotations: { ...shortened(anomaly.annotations, bytes), ...noteOf(anomaly) },
  })),
  (anomaly) => ({ ...anomaly, annotations: noteOf(anomaly) }),
  (anomaly) => ({ ...anomaly, links: anomaly.links.slice(0, 1) }),
  (anomaly) => ({ ...anomaly, links: [] }),
  (anomaly) => ({ ...anomaly, labels: shortened(anomaly.labels, 64) }),
];

function noteOf({ annotations }: Anomaly): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => name === NOTE));
}

function shortened(map: Record<string, string>, bytes: number): Record<string, string> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, cut(value, bytes)]));
}

function bytesOf(anomaly: Anomaly): number {
  return Buffer.byteLength(JSON.stringify(anomaly));
}

/** An http(s) address without user and password, or undefined for anything else. */
export function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined || Buffer.byteLength(text) > LIMITS.url || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (!url.username && !url.password) return text;
  url.username = '';
  url.password = '';
  return url.href;
}

/** At most `bytes` of UTF-8; what is longer ends with a mark. */
export function cut(text: string, bytes: number): string {
  // No character is more than three bytes for each of its UTF-16 units.
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const head = Buffer.from(text.slice(0, bytes), 'utf8').subarray(0, bytes - CUT_MARK_BYTES);
  return head.toString('utf8').replace(/\ufffd+$/, '') + CUT_MARK;
}

/** Half a surrogate pair is no Unicode and stops some readers. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
