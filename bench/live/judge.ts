import { diagnose } from '../../analysis/index.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Look } from './kept-look.js';

/** One look with its diagnosis, held against the label. */
export interface Judged {
  recording: string;
  graph: Look['graph'];
  alert: string;
  after: number;
  repaired: boolean;
  truth: string;
  /** First suspect; null when there is none. */
  service: string | null;
  kind: Diagnosis['verdict']['faultKind'];
  level: Diagnosis['verdict']['level'];
  confidence: number;
  right: boolean;
  /** Null when the label tells no kind, or the service is wrong. */
  kindRight: boolean | null;
}

/** A healthy system is blamed on somebody when that is told with at least this confidence. */
const BLAMED = 0.5;

/** The investigation's own order: analyse, check the first suspects, analyse again with what the checks saw. */
export function diagnoseLook({ input, checks }: Look, checkSuspects: number): Diagnosis {
  const first = diagnose(input);
  const suspects = first.suspects.slice(0, checkSuspects).map(({ service }) => service);
  const run = checks.filter(({ service }) => suspects.includes(service));
  if (run.every((one) => one.checks.length === 0)) return first;
  const gaps = [...input.gaps, ...run.flatMap((one) => one.gaps)];
  return diagnose({ ...input, checks: run.flatMap((one) => one.checks), gaps });
}

/** Holds a diagnosis against the label. */
export function judge(look: Look, { suspects, verdict }: Diagnosis): Judged {
  const { truth, entries } = look;
  const service = suspects[0]?.service ?? verdict.service;
  const kind = suspects[0]?.faultKind ?? verdict.faultKind;
  const isBlamed = service !== null && verdict.confidence >= BLAMED;
  const isSurge = kind === 'traffic-surge' && service !== null && entries.includes(service);
  const right =
    truth.service === 'none' ? !isBlamed : truth.service === 'load' ? isSurge : service === truth.service;
  return {
    recording: look.recording,
    graph: look.graph,
    alert: look.input.anomaly.service,
    after: look.after,
    repaired: look.repaired,
    truth: truth.service,
    service,
    kind,
    level: verdict.level,
    confidence: verdict.confidence,
    right,
    kindRight: right && truth.kinds.length > 0 ? truth.kinds.includes(kind) : null,
  };
}
