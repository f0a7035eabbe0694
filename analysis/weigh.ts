import type { Evidence } from '../model/diagnosis.js';
import type { CallEdge } from '../model/graph.js';
import { accountEvidence } from './evidence/accounts.js';
import { booksOf } from './accounts/books.js';
import type { Finding } from './evidence/finding.js';
import { materialOf } from './material.js';
import { reachEvidence } from './evidence/reach.js';
import { failedChecks } from './checks/evidence.js';
import { conditionEvidence } from './evidence/conditions.js';
import { exhaustionEvidence } from './evidence/exhaustion.js';
import { hostEvidence } from './evidence/host.js';
import { loadEvidence } from './evidence/load.js';
import { logEvidence } from './evidence/logs.js';
import { impactEvidence } from './evidence/impact.js';
import { orderEvidence } from './evidence/order.js';
import { resourceEvidence } from './evidence/resources.js';
import { silenceEvidence } from './evidence/silence.js';
import { sliceEvidence } from './evidence/slices.js';
import { sharedCallerEvidence } from './evidence/shared-caller.js';
import { onTheWayEvidence } from './evidence/on-the-way.js';
import { blameOf, symptomEvidence } from './evidence/symptoms.js';
import { traceEvidence } from './evidence/trace.js';
import { onsetOfIncident, hear, hostFacts, deviationsOf, serviceFacts, type Facts } from './facts.js';
import { buildCallGraph } from './graph/call-graph.js';
import type { DiagnosisInput } from './input.js';
import { templateChanges, type EventWindow } from './logs/presence.js';
import { outcriesOf, voicesOf } from './logs/read.js';
import { doubtsOf } from './one-sided.js';
import { onsetAmong } from './series/onset.js';
import { gridOf, seenSince, type Grid } from './series/grid.js';
import { baselineOf } from './series/baseline.js';
import type { Seasons } from './series/season.js';
import { coverage } from './stats/order.js';
import { storyOf, trafficBaselines } from './story.js';
import { callsIn } from './traces/calls.js';
import { readTraces, type TraceFacts } from './traces/read.js';
import { vanishedServices } from './vanished.js';
import { RANK } from './weights.js';

/** All that was seen of an incident, and what it says of whom. */
export interface Weighed {
  facts: Facts;
  found: Finding[];
}

/** What can be seen, and what each observation of it says for and against whom; without changes and passed checks. */
export function weigh(input: DiagnosisInput, earlier: Seasons['earlier']): Weighed {
  const facts = gather(input, earlier);
  const blamed = blameOf(facts);
  const found = [
    ...accountEvidence(facts),
    ...symptomEvidence(facts, blamed),
    ...onTheWayEvidence(facts, blamed),
    ...sharedCallerEvidence(facts, blamed),
    ...resourceEvidence(facts),
    ...exhaustionEvidence(facts),
    ...silenceEvidence(facts),
    ...orderEvidence(facts),
    ...traceEvidence(facts),
    ...logEvidence(facts),
    ...hostEvidence(facts),
    ...sliceEvidence(facts),
  ];
  found.push(...loadEvidence(facts, found));
  found.push(...failedChecks(facts), ...conditionEvidence(facts, found));
  const suspects = [...new Set(found.map(({ service }) => service))];
  found.push(...reachEvidence(facts, found), ...impactEvidence(facts, suspects));
  quieten(found);
  return { facts, found };
}

/** Evidence that something is wrong, rather than of where. */
const PRIMARY = new Set<Evidence['kind']>([
  'local-symptom',
  'neighbours',
  'resource',
  'silence',
  'trace',
  'log',
  'load',
  'check',
  'state',
  'shared-host',
]);

/** Where nothing is loud, the way that whispers spread says nothing: the rest counts as much as the loudest. */
function quieten(found: Finding[]): void {
  const loudest = Math.max(
    0,
    ...found.filter(({ evidence }) => PRIMARY.has(evidence.kind)).map(({ evidence }) => evidence.weight),
  );
  const factor = Math.min(1, Math.max(0, (loudest - RANK.whisper) / (RANK.voice - RANK.whisper)));
  for (const { evidence } of found) {
    if (!PRIMARY.has(evidence.kind) && evidence.stance === 'for') evidence.weight *= factor;
  }
}

/** What can be seen, before anybody is blamed for it. */
function gather(input: DiagnosisInput, earlier: Seasons['earlier']): Facts {
  const grid = gridOf(input, seenSince(input));
  const baselines = input.series.flatMap((series) => baselineOf(series, grid, earlier.get(series.id)) ?? []);
  const services = new Set([input.anomaly.service]);
  for (const { subject } of input.series) {
    if (subject.kind === 'service') services.add(subject.service);
    if (subject.kind === 'edge') services.add(subject.callee);
  }
  for (const { service } of input.conditions ?? []) if (service !== null) services.add(service);
  const graph = buildCallGraph(
    { ...input.graph, edges: [...input.graph.edges, ...callsMeasured(input), ...callsTraced(input)] },
    services,
  );
  const voices = voicesOf(input.logs, grid, graph);
  const begin =
    onsetOfIncident(input, baselines, grid) ??
    // What no series shows may still stand in the logs.
    onsetAmong(
      [],
      voices.flatMap((voice) => voice.baselines),
      grid,
    );
  const moves = deviationsOf(baselines, begin, grid);
  const alerting = graph.indexOf.get(input.anomaly.service)!;
  const own = serviceFacts(baselines, moves, graph);
  const story = storyOf(input, own[alerting]!, begin, grid);
  const vanished = vanishedServices(baselines, begin, graph);
  const doubt = doubtsOf(baselines, own, vanished, graph);
  const books = booksOf({ baselines, graph, grid, begin, alerting, story });
  hear(own, story, doubt);
  return {
    books,
    input,
    grid,
    graph,
    alerting,
    begin,
    baselines,
    material: materialOf(baselines),
    moves,
    services: own,
    story,
    doubt,
    vanished,
    traffic: trafficBaselines(baselines, graph),
    hosts: hostFacts(moves),
    traces: tracesOf(begin, input, grid),
    outcries: outcriesOf(voices, begin, grid),
    templateChanges: templateChanges(
      input.logs,
      eventWindow(begin, input, grid, input.logs?.time ?? []),
      graph,
    ),
  };
}

/** Who measures a call makes it, whether the graph knows of it or not. */
function callsMeasured({ series }: DiagnosisInput): CallEdge[] {
  return series.flatMap(({ subject, source }) =>
    subject.kind === 'edge'
      ? [{ caller: subject.caller, callee: subject.callee, learntFrom: { source, seenAt: null } }]
      : [],
  );
}

/** Calls in sampled traces. */
function callsTraced({ spans }: DiagnosisInput): CallEdge[] {
  const calls = spans === null ? [] : callsIn(spans);
  return calls.map(([caller, callee]) => ({
    caller,
    callee,
    learntFrom: { source: 'traces', seenAt: null },
  }));
}

/** Spans during the incident that are enough to compare. */
const ENOUGH_SPANS = 200;

/** Spans around the beginning may belong to either side: where the rest is enough, they are left out. */
function tracesOf(begin: number | null, { spans, ...input }: DiagnosisInput, grid: Grid): TraceFacts | null {
  if (spans === null) return null;
  const window = eventWindow(begin, input, grid, spans.start);
  const late = readTraces(spans, window);
  if (late !== null && late.incidentSpans >= ENOUGH_SPANS) return late;
  return readTraces(spans, { ...window, from: Math.min(window.from, input.anomaly.time) });
}

/**
 * Which events (spans, lines) are calm and which belong to the incident. What lies between the two beginnings, that of
 * the series and that of the alert, is left out; but the doubt may eat at most half of the calm.
 */
function eventWindow(
  begin: number | null,
  { anomaly, window }: Pick<DiagnosisInput, 'anomaly' | 'window'>,
  grid: Grid,
  times: Iterable<number>,
): EventWindow {
  const start = begin === null ? anomaly.time : grid.start + begin * grid.width;
  const earlier = Math.min(start, anomaly.time);
  const calm = anomaly.time - (coverage(times)?.from ?? anomaly.time);
  return {
    calmUntil: Math.max(earlier - grid.width, anomaly.time - Math.max(0, calm) / 2),
    from: Math.max(start, anomaly.time - grid.slack),
    until: window.end + grid.width,
  };
}
