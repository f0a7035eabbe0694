import type { FaultKind } from '../../model/diagnosis.js';
import type { LogTable } from '../../model/telemetry.js';
import { isTrouble, templateOf, UNRESOLVED } from '../logs/template.js';
import { ALSO_WHEN_CALM, NAME_OF_A_SERVICE, SOURCE, WHOLE_IDENTIFIER } from './weights.js';
import { wordsOf, wordsOfName } from './words.js';

/** What failing log lines say of a cause outside of all changes. */
export interface Outside {
  /** Share (0..1) of the new kinds of failing lines that speak of it. */
  share: number;
  /** What they speak of, for people. */
  signs: string[];
  /** Whether it is something that ran out by itself. */
  expired: boolean;
  /** Who wrote it, the fault kind that it speaks for, and the share of that service's lines that do. */
  voices: { service: string; kind: FaultKind; share: number }[];
}

/** What is known of a failure in words. */
export interface Failure {
  /** Weight of each word that the failure uses. */
  words: Map<string, number>;
  /** When the first line of it was written, unix seconds; null when no line tells. */
  firstLine: number | null;
  /** Services that write new warnings or errors, in the order in which they began. */
  services: string[];
  outside: Outside;
  /** Whether it fails because something filled up, which takes its time. */
  filledUp: boolean;
}

export interface FailureSources {
  alertTime: number;
  /** Best guess at the onset; log lines may know an earlier one. */
  onset: number;
  title: string;
  /** Names of the metrics that moved. */
  metrics: string[];
  /** All services that are known. */
  services: string[];
  /** Where it began, as far as is known; best first. */
  suspects: string[];
  logs: LogTable | null;
}

/** What usually makes a symptom, in the words of code. */
const MECHANISMS: [symptom: RegExp, makers: string][] = [
  [
    /slow|latency|duration|p9\d|deadline|budget|time(?:d )?out/iu,
    'query select scan index loop lock mutex sleep retry retries backoff timeout batch cache await join fetch regex pattern',
  ],
  [/\boom|memory|heap/iu, 'cache memo memoize map buffer append leak evict ttl limit'],
  [/conn(?:ection)?s?\b|pool|socket/iu, 'pool connection conns close idle lifetime timeout'],
  [/cpu/iu, 'loop regex pattern match sort hash compress encode decode'],
];

const FILLED_UP = /\boom|out of memory|heap space|\bleak|too many open files/iu;

/** New trouble in the logs is looked for from so long before the onset on. */
const LOOK_BACK_SECONDS = 1800;

interface Template {
  service: string;
  text: string;
  first: number;
}

/** Puts the failure in words: from new warnings and errors, the alert and the metrics that moved. */
export function describeFailure(sources: FailureSources): Failure {
  const templates = newTrouble(sources);
  const services = [...new Set(templates.map(({ service }) => service))];
  const began = new Set([...sources.suspects.slice(0, 1), ...services.slice(0, 1)]);

  const words: Failure['words'] = new Map();
  const take = (text: string, weight: number): void => {
    for (const { stem, whole } of wordsOf(text)) {
      words.set(stem, Math.max(words.get(stem) ?? 0, whole ? weight * WHOLE_IDENTIFIER : weight));
    }
  };
  for (const { service, text } of templates) take(text, began.has(service) ? SOURCE.log : SOURCE.otherLog);
  take(sources.title, SOURCE.alert);
  for (const metric of sources.metrics) take(metric, SOURCE.metric);
  const all = [...templates.map(({ text }) => text), sources.title, ...sources.metrics].join(' ');
  for (const [symptom, makers] of MECHANISMS) if (symptom.test(all)) take(makers, SOURCE.mechanism);

  const scale = (stems: Iterable<string>, factor: number): void => {
    for (const stem of new Set(stems)) {
      const weight = words.get(stem);
      if (weight !== undefined) words.set(stem, weight * factor);
    }
  };
  scale(
    calmTexts(sources).flatMap((text) => wordsOf(text).map(({ stem }) => stem)),
    ALSO_WHEN_CALM,
  );
  scale(sources.services.flatMap(wordsOfName), NAME_OF_A_SERVICE);
  return {
    words,
    firstLine: templates[0]?.first ?? null,
    services,
    outside: outsideOf(templates, sources),
    filledUp: FILLED_UP.test(all),
  };
}

/** Kinds of warnings and errors that were never written before, in the order of their first line. */
function newTrouble({ logs, onset, alertTime }: FailureSources): Template[] {
  if (logs === null) return [];
  const first = firstLines(logs);
  const until = Math.max(onset, alertTime) + LOOK_BACK_SECONDS;
  return logs.kinds
    .flatMap((kind, index) => {
      const began = first[index]!;
      if (!isTrouble(kind) || began < onset - LOOK_BACK_SECONDS || began > until) return [];
      return [{ service: kind.service, text: templateOf(kind.example), first: began }];
    })
    .sort((a, b) => a.first - b.first || compare(a.service, b.service) || compare(a.text, b.text));
}

/** What lines said long before it began. */
function calmTexts({ logs, onset }: FailureSources): string[] {
  if (logs === null) return [];
  const first = firstLines(logs);
  const calm = logs.kinds.filter((_, index) => first[index]! < onset - LOOK_BACK_SECONDS);
  return [...new Set(calm.map(({ example }) => templateOf(example)))];
}

/** When each kind of line was first written, unix seconds: the middle of a step is nearest to it on average. */
function firstLines({ kinds, kind, time, stepSeconds }: LogTable): number[] {
  const first = kinds.map(() => Infinity);
  time.forEach((start, row) => {
    const of = kind[row]!;
    first[of] = Math.min(first[of]!, start + stepSeconds / 2);
  });
  return first;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Signs of a cause that no change of ours brought in. */
const SIGNS: [name: string, kind: FaultKind, words: RegExp][] = [
  [
    'a certificate',
    'configuration',
    /\bcertificate\b|\bx509\b|tls: |ssl handshake|cert(?:ificate)? (?:has )?expired/iu,
  ],
  ['name resolution', 'network', UNRESOLVED],
  [
    'a host or its other tenants',
    'host',
    /(?:node|host) .{0,40}(?:pressure|contend|not ?ready|under .{0,20}load|unreachable)|cpu contended|throttling container|\bcfs\b|evict(?:ed|ing)|noisy neighbou?r|preempt|spot (?:instance )?(?:interrupt|terminat)|hardware error|kernel:/iu,
  ],
  ['a full disk', 'disk', /no space left|disk (?:is )?full|ENOSPC/iu],
  [
    'load from outside',
    'traffic-surge',
    /too many requests|\b429\b|rate.?limit|traffic (?:spike|surge)|load shed|shedding|flash crowd|\bddos\b/iu,
  ],
  [
    'a provider',
    'external-provider',
    /\bregion=|availability.?zone|third.?party|\bvendor\b|provider (?:outage|degraded|unavailable)|status ?page/iu,
  ],
];
const EXPIRED = /(?:certificate|x509|\bcert\b).{0,60}(?:expired|not yet valid|not after)/iu;
/** A name in a public domain; code hosts stand in stack traces for libraries. */
const PUBLIC_HOST =
  /\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|cloud|co|ai|app|gov)\b(?!\/[\w.-]+\/[\w.-]+\.\w+:\d)/giu;
const CODE_HOST = /(?:^|\.)(?:github|gitlab|bitbucket|golang|gopkg|npmjs|apache|springframework)\./iu;

function outsideOf(templates: Template[], { services }: FailureSources): Outside {
  const signs = new Set<string>();
  const voices = new Map<string, number>();
  const written = new Map<string, number>();
  let speaking = 0;
  for (const { service, text } of templates) {
    written.set(service, (written.get(service) ?? 0) + 1);
    const found = SIGNS.filter(([, , words]) => words.test(text)).map(([name, kind]) => ({ name, kind }));
    const host = (text.match(PUBLIC_HOST) ?? []).find(
      (name) => !CODE_HOST.test(name) && !services.some((known) => name.startsWith(`${known}.`)),
    );
    // A host that cannot even be looked up did nothing wrong.
    if (host !== undefined) found.push({ name: host, kind: found[0]?.kind ?? 'external-provider' });
    if (found.length > 0) speaking += 1;
    for (const { name } of found) signs.add(name);
    for (const kind of new Set(found.map((sign) => sign.kind))) {
      const key = `${service}\0${kind}`;
      voices.set(key, (voices.get(key) ?? 0) + 1);
    }
  }
  return {
    share: templates.length === 0 ? 0 : speaking / templates.length,
    signs: [...signs],
    expired: templates.some(({ text }) => EXPIRED.test(text)),
    voices: [...voices].map(([key, count]) => {
      const [service, kind] = key.split('\0') as [string, FaultKind];
      return { service, kind, share: count / written.get(service)! };
    }),
  };
}
