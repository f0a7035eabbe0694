import type { Diagnosis, ServiceMap, Suspect } from '../../model/diagnosis.js';
import type { SignalKind } from '../../model/series.js';
import { oneLine, shortName } from '../escape.js';
import { ownerOf, type Facts } from '../facts.js';
import { confidence, factor } from '../format.js';

export interface MapNode {
  name: string;
  /** How it is drawn: where it probably began, other suspects, who suffers, who does not. */
  role: 'cause' | 'suspect' | 'symptoms' | 'calm';
  /** It is the service whose alert is explained. */
  isAlerting: boolean;
  /** What is said below its name. */
  words: string;
}

export interface MapCall {
  caller: string;
  callee: string;
  /** Requests per second while all was calm; null when unknown. */
  traffic: number | null;
  worse: readonly SignalKind[];
  /** Trouble went along this call, or this shared host. */
  isOnTheWay: boolean;
  /** `host` for two that share one and need not call each other. */
  via: 'call' | 'host';
}

export interface IncidentMap {
  nodes: MapNode[];
  calls: MapCall[];
  leftOut: number;
}

/** Suspects below this are no different from others on the map. */
const WORTH_MARKING = 0.05;

/**
 * Who is involved, who suffers and who calls whom. A record of before maps were kept has the way that trouble took
 * and the calls whose own signals moved. Null where no call is known: a list of names is no map.
 */
export function incidentMap({ diagnosis }: Facts): IncidentMap | null {
  if (!diagnosis) return null;
  const { services, calls, leftOut } = diagnosis.map ?? derivedMap(diagnosis);
  const way = new Map(diagnosis.propagation.map((step) => [keyOf(callOf(step)), step]));
  const known = new Set(calls.map(keyOf));
  const unknown = [...way]
    .filter(([key]) => !known.has(key))
    .map(([, step]): MapCall => ({
      ...callOf(step),
      traffic: null,
      worse: [],
      isOnTheWay: true,
      via: step.via === 'host' ? 'host' : 'call',
    }));
  if (calls.length + unknown.length === 0) return null;
  return {
    nodes: services.map(({ name, external }) => nodeOf(name, external, diagnosis)),
    calls: [
      ...calls.map((call): MapCall => ({ ...call, isOnTheWay: way.has(keyOf(call)), via: 'call' })),
      ...unknown,
    ],
    leftOut,
  };
}

function derivedMap({ verdict, anomaly, propagation, blastRadius, symptoms }: Diagnosis): ServiceMap {
  const measured = new Map<string, ServiceMap['calls'][number]>();
  for (const { subject, signal } of symptoms) {
    if (subject.kind !== 'edge') continue;
    const { caller, callee } = subject;
    const call = measured.get(keyOf(subject)) ?? { caller, callee, traffic: null, worse: [] };
    if (!call.worse.includes(signal)) call.worse.push(signal);
    measured.set(keyOf(subject), call);
  }
  const calls = [...measured.values()];
  const names = new Set([
    ...(verdict.service === null ? [] : [verdict.service]),
    anomaly.service,
    ...propagation.flatMap(({ from, to }) => [from, to]),
    ...blastRadius,
    ...calls.flatMap(({ caller, callee }) => [caller, callee]),
  ]);
  const shown = [...names].slice(0, 60);
  return {
    services: shown.map((name) => ({ name, external: false, host: null })),
    calls: calls.filter(({ caller, callee }) => shown.includes(caller) && shown.includes(callee)),
    leftOut: names.size - shown.length,
  };
}

type Step = Diagnosis['propagation'][number];

/** The call along which a hop went: symptoms go from the callee to its caller, load the other way. */
function callOf({ from, to, via }: Step): { caller: string; callee: string } {
  return via === 'calls' ? { caller: to, callee: from } : { caller: from, callee: to };
}

function keyOf({ caller, callee }: { caller: string; callee: string }): string {
  return JSON.stringify([caller, callee]);
}

function nodeOf(name: string, isExternal: boolean, diagnosis: Diagnosis): MapNode {
  const suspect = diagnosis.suspects.find(({ service }) => service === name);
  const role = roleOf(name, suspect, diagnosis);
  const isAlerting = name === diagnosis.anomaly.service;
  return {
    name,
    role,
    isAlerting,
    words: [
      isAlerting ? 'alerts' : '',
      role === 'cause' || role === 'suspect' ? `${role} ${confidence(suspect?.confidence ?? 0)}` : '',
      symptomWords(name, diagnosis),
      isExternal ? 'external' : '',
    ]
      .filter((part) => part !== '')
      .slice(0, 3)
      .join(' · '),
  };
}

function roleOf(
  name: string,
  suspect: Suspect | undefined,
  { verdict, blastRadius }: Diagnosis,
): MapNode['role'] {
  if (name === verdict.service) return 'cause';
  if (suspect && suspect.status !== 'ruled-out' && suspect.confidence >= WORTH_MARKING) return 'suspect';
  return blastRadius.includes(name) ? 'symptoms' : 'calm';
}

/** What a service shows most: `latency p95 x10`. */
function symptomWords(name: string, { symptoms, blastRadius }: Diagnosis): string {
  const own = symptoms.filter(({ subject }) => subject.kind !== 'edge' && ownerOf(subject) === name);
  const [loudest] = own.length > 0 ? own : symptoms.filter(({ subject }) => ownerOf(subject) === name);
  if (!loudest) return blastRadius.includes(name) ? 'symptoms' : 'calm';
  const { before, after } = loudest.movement;
  return `${oneLine(loudest.series.name, 22)} ${factor(before, after)}`.trim();
}

/** The map in words, a line for each service. */
export function mapLines({ nodes, calls }: IncidentMap): string[] {
  return nodes.map(({ name, words }) => {
    const called = calls.filter(({ caller, via }) => caller === name && via === 'call');
    const names = called.map(({ callee, worse }) =>
      worse.length > 0 ? `${shortName(callee, 40)} (worse: ${worse.join(', ')})` : shortName(callee, 40),
    );
    const calling = names.length > 0 ? `calls ${names.join(', ')}` : 'calls none of these';
    return `${shortName(name, 60)}: ${words}; ${calling}`;
  });
}
