import type { Diagnosis, ServiceMap, Suspect } from '../../model/diagnosis.js';
import type { SignalKind } from '../../model/series.js';
import { oneLine, shortName } from '../escape.js';
import { ownerOf, type Facts } from '../facts.js';
import { factor, quantity, wholePercent } from '../../model/wording.js';

export interface MapNode {
  name: string;
  /** How it is drawn; `normal` was measured and is not affected, `no-data` was never measured. */
  role: 'cause' | 'suspect' | 'affected' | 'normal' | 'no-data';
  /** It is the service whose alert is explained. */
  isAlerting: boolean;
  /** The line below its name. */
  words: string;
}

export interface MapCall {
  caller: string;
  callee: string;
  /** Requests per second in the baseline; null when unknown. */
  traffic: number | null;
  worse: readonly SignalKind[];
  /** The incident spread along this call, or this shared host. */
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

/** The services around the incident, how each is affected and who calls whom. Null where no call is known. */
export function incidentMap({ diagnosis }: Facts): IncidentMap | null {
  if (!diagnosis?.map) return null;
  const { services, calls, leftOut } = diagnosis.map;
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
    nodes: services.map((service) => nodeOf(service, diagnosis)),
    calls: [
      ...calls.map((call): MapCall => ({ ...call, isOnTheWay: way.has(keyOf(call)), via: 'call' })),
      ...unknown,
    ],
    leftOut,
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

function nodeOf({ name, external, measured }: ServiceMap['services'][number], diagnosis: Diagnosis): MapNode {
  const suspect = diagnosis.suspects.find(({ service }) => service === name);
  const role = roleOf(name, measured, suspect, diagnosis);
  const isAlerting = name === diagnosis.anomaly.service;
  return {
    name,
    role,
    isAlerting,
    words: [
      isAlerting ? 'alerting' : '',
      role === 'cause' || role === 'suspect' ? `${role} ${wholePercent(suspect?.confidence ?? 0)}` : '',
      symptomWords(name, role, diagnosis),
      external ? 'external' : '',
    ]
      .filter((part) => part !== '')
      .slice(0, 3)
      .join(' · '),
  };
}

function roleOf(
  name: string,
  measured: boolean,
  suspect: Suspect | undefined,
  { verdict, blastRadius }: Diagnosis,
): MapNode['role'] {
  if (name === verdict.service) return 'cause';
  if (suspect && suspect.status !== 'ruled-out' && suspect.confidence >= WORTH_MARKING) return 'suspect';
  if (blastRadius.includes(name)) return 'affected';
  return measured ? 'normal' : 'no-data';
}

/** The strongest deviation of a service: `latency p95 x10`, `error ratio 35 %` where it rose from nothing. */
function symptomWords(name: string, role: MapNode['role'], { symptoms }: Diagnosis): string {
  if (role === 'no-data') return 'no data';
  const own = symptoms.filter(({ subject }) => subject.kind !== 'edge' && ownerOf(subject) === name);
  const [strongest] = own.length > 0 ? own : symptoms.filter(({ subject }) => ownerOf(subject) === name);
  if (!strongest) return role === 'normal' ? 'normal' : '';
  const { before, after, unit } = strongest.movement;
  const size = factor(before, after) || quantity(after, unit);
  const words = `${oneLine(strongest.series.name, 22)} ${size}`;
  // It deviates, but the analysis counts it as no part of this incident.
  return role === 'normal' ? `unrelated: ${words}` : words;
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
