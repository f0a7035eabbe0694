import { symptomKind, type Severity, type SymptomKind } from '../../model/anomaly.js';

/** Words of alert names and texts that tell a golden signal. The first row that matches wins. */
const SYMPTOM_WORDS: readonly (readonly [SymptomKind, RegExp])[] = [
  // Before errors: a probe that fails and a target that is down mean that the thing is not there.
  [
    'availability',
    /\b(availability|down|absent|unavailable|unreachable|outage|offline|missing|probes?|unhealthy|not (ready|running|up)|crash ?loop(ing)?|heartbeat|up == 0|probe success == 0)\b/,
  ],
  [
    'latency',
    /\b(latency|latencies|slow(er|ness)?|duration|response times?|p(5|75|9)\d*|quantiles?|apdex|timeouts?|timed? ?out|timing out|lag|delay(ed|s)?)\b/,
  ],
  [
    'errors',
    /\b(errors?|err|(http ?)?[45]xx|(http|status|code) ?5\d\ds?|fail(s|ed|ing|ures?)?|exceptions?|panics?|success)\b/,
  ],
  [
    'saturation',
    /\b(saturat(ion|ed|ing)|cpu|throttl(ed|ing)|memory|mem|oom( ?kill(ed|er)?)?|disks?|filesystems?|inodes?|storage|queues?|backlog|pools?|connections|exhaust(ed|ion)|full|load|heap|gc|threads?|file descriptors?|capacity|quota|utili[sz]ation|maxed)\b/,
  ],
  ['traffic', /\b(traffic|rps|qps|requests?|throughput|volume|surge|spikes?)\b/],
];

/** Who has said nothing by then says nothing; what strangers send may be millions long. */
const READ_LENGTH = 1_000;

/**
 * The golden signal that texts speak of; each text is asked by itself, the most telling first
 * (the alert's name before its prose). `other` when none says anything.
 */
export function symptomIn(texts: (string | undefined)[]): SymptomKind {
  for (const text of texts) {
    if (text === undefined) continue;
    const words = spaced(text.slice(0, READ_LENGTH));
    const match = SYMPTOM_WORDS.find(([, pattern]) => pattern.test(words));
    if (match) return match[0];
  }
  return 'other';
}

/** A symptom that is named outright: `latency`, `Errors`. */
export function namedSymptom(text: string | undefined): SymptomKind | undefined {
  return symptomKind.safeParse(text?.trim().toLowerCase()).data;
}

/** Takes `HighErrorRate`, `http_5xx_ratio` and `p99-latency` apart into lower-case words. */
function spaced(text: string): string {
  return text
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z\d=<>.]+/g, ' ')
    .toLowerCase();
}

/** What other tools call our three severities. */
const SEVERITY_WORDS: Record<string, Severity> = {
  critical: 'critical',
  crit: 'critical',
  page: 'critical',
  error: 'critical',
  high: 'critical',
  fatal: 'critical',
  emergency: 'critical',
  disaster: 'critical',
  urgent: 'critical',
  major: 'critical',
  p0: 'critical',
  p1: 'critical',
  sev0: 'critical',
  sev1: 'critical',
  warning: 'warning',
  warn: 'warning',
  medium: 'warning',
  moderate: 'warning',
  average: 'warning',
  minor: 'warning',
  ticket: 'warning',
  p2: 'warning',
  p3: 'warning',
  sev2: 'warning',
  sev3: 'warning',
  info: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  low: 'info',
  none: 'info',
  debug: 'info',
  p4: 'info',
  p5: 'info',
  sev4: 'info',
  sev5: 'info',
  // Priorities that are numbers, as trackers count them: the first is the most urgent.
  1: 'critical',
  2: 'warning',
  3: 'warning',
  4: 'info',
  5: 'info',
};

/** A word for a severity in our terms; a word that nobody uses, or none, is a warning. */
export function severityOf(word: string | undefined): Severity {
  const key = (word ?? '')
    .trim()
    .toLowerCase()
    .replace(/[\s_-]/g, '');
  return Object.hasOwn(SEVERITY_WORDS, key) ? (SEVERITY_WORDS[key] ?? 'warning') : 'warning';
}
