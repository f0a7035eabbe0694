import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { CheckResult } from '../../model/check.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { parseFault } from '../../examples/shop/fault-catalog.js';
import { clearFaultType } from '../../report/facts.js';
import type { Asked, EvidenceRecording } from './recording.js';

/** What is asked together. */
export interface Selection {
  name: string;
  asked: ReadonlySet<Asked>;
}

const BESIDE_METRICS = ['logs', 'traces', 'state', 'changes', 'checks'] as const;

/** Metrics alone, with each of the others, with all of them, and all but each. */
export const SELECTIONS: Selection[] = [
  { name: 'metrics', asked: new Set<Asked>(['metrics']) },
  ...BESIDE_METRICS.map((one) => ({ name: `metrics, ${one}`, asked: new Set<Asked>(['metrics', one]) })),
  { name: 'all', asked: new Set<Asked>(['metrics', ...BESIDE_METRICS]) },
  ...BESIDE_METRICS.map((left) => ({
    name: `all but ${left}`,
    asked: new Set<Asked>(['metrics', ...BESIDE_METRICS.filter((one) => one !== left)]),
  })),
];

/** Leading suspects whose checks run, as the product's default is. */
const CHECKED_SUSPECTS = 3;
/** Of checks of one's own; those of metric packs are named after their source. */
const OWN_CHECK = 'check';
const FROM_TRACES = 'shop traces';
const FROM_CLUSTER = 'shop cluster';

/** One incident, diagnosed by a part of what was read of it. */
export interface Judged {
  fault: string;
  selection: string;
  diagnosis: Diagnosis;
  /** As the summary names them; null where it names none. */
  service: string | null;
  kind: string | null;
  serviceRight: boolean;
  /** Service, and the kind that is likeliest, even where half of the belief is not in it and it is not told. */
  likeliestRight: boolean;
  /** Service and kind, as they are told. */
  right: boolean;
  seconds: number;
  bytes: number;
}

/** Diagnoses as an investigation does: analyse, check the leading suspects, analyse again. */
export function judge(recording: EvidenceRecording, { name, asked }: Selection): Judged {
  const truth = parseFault(recording.fault);
  const input = restricted(recording, asked);
  const checks = recording.checks.filter(({ source }) => source !== OWN_CHECK || asked.has('checks'));
  const diagnosis = withChecks(input, checks);
  const { verdict, suspects } = diagnosis;
  const suspect = suspects.find(({ service }) => service === verdict.service);
  const kind = (suspect && clearFaultType(suspect)) ?? null;
  const serviceRight = verdict.service === truth.service;
  const costs = [...asked].map((one) => recording.costs[one]);
  return {
    ...{ fault: truth.name, selection: name, diagnosis, service: verdict.service, kind, serviceRight },
    likeliestRight: serviceRight && suspect?.faultKind === truth.kind,
    right: serviceRight && (kind ?? 'unknown') === truth.kind,
    seconds: costs.reduce((sum, { seconds }) => sum + seconds, 0),
    bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function withChecks(input: DiagnosisInput, checks: readonly CheckResult[]): Diagnosis {
  const leading = diagnose(input)
    .suspects.filter(({ status }) => status !== 'ruled-out')
    .slice(0, CHECKED_SUSPECTS)
    .map(({ service }) => service);
  return diagnose({ ...input, checks: checks.filter(({ service }) => leading.includes(service)) });
}

/** The input as it is when only some of the sources are configured. */
export function restricted(
  { input, stepsInMetrics }: EvidenceRecording,
  asked: ReadonlySet<Asked>,
): DiagnosisInput {
  const knows = ({ learntFrom }: { learntFrom: { source: string } }): boolean =>
    (asked.has('traces') || learntFrom.source !== FROM_TRACES) &&
    (asked.has('state') || learntFrom.source !== FROM_CLUSTER);
  const { graph } = input;
  const told = input.changes.filter(({ source }) => source === FROM_CLUSTER);
  const some = [...stepsInMetrics, ...(asked.has('state') ? told : [])];
  return {
    ...input,
    graph: {
      ...graph,
      edges: graph.edges.filter(knows),
      placements: graph.placements.filter(knows),
    },
    logs: asked.has('logs') ? input.logs : null,
    spans: asked.has('traces') ? input.spans : null,
    conditions: asked.has('state') ? input.conditions : null,
    changes: asked.has('changes')
      ? input.changes.filter(({ source }) => asked.has('state') || source !== FROM_CLUSTER)
      : some,
  };
}
