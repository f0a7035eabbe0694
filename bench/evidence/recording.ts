import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Change } from '../../model/change.js';
import type { CheckResult } from '../../model/check.js';

/** What a diagnosis asks, apart from each other. Metrics are asked always: they tell the scope. */
export const ASKED = ['metrics', 'logs', 'traces', 'state', 'changes', 'checks'] as const;
export type Asked = (typeof ASKED)[number];

/** What it took to read: seconds of its own, and bytes that the process read meanwhile from network and files. */
export interface Cost {
  seconds: number;
  bytes: number;
}

/** One incident of the shop with all that every source told 20 s after its alert. */
export interface EvidenceRecording {
  fault: string;
  /** Everything but checks. */
  input: DiagnosisInput;
  /** What metrics alone tell of changes: a source of changes takes the place of what it tells as well. */
  stepsInMetrics: Change[];
  /** Of every service: which of them run depends on the analysis. */
  checks: CheckResult[];
  costs: Record<Asked, Cost>;
}

/** Where recordings are kept. */
export const RECORDINGS = fileURLToPath(new URL('../../examples/shop/evidence/', import.meta.url));

const EXTENSION = '.v8.gz';

/** Keeps a recording under the name of its fault, as the structured clone of Node.js: it holds typed arrays. */
export function keepRecording(recording: EvidenceRecording, folder = RECORDINGS): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${recording.fault}${EXTENSION}`);
  writeFileSync(file, gzipSync(serialize(recording), { level: 9 }));
}

/** Faults that were recorded, in the order of their names. */
export function recordedEvidence(folder = RECORDINGS): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith(EXTENSION));
  return files.map((file) => file.slice(0, -EXTENSION.length)).sort();
}

/** @throws Error when the fault was not recorded */
export function readEvidence(fault: string, folder = RECORDINGS): EvidenceRecording {
  const kept = readFileSync(join(folder, `${fault}${EXTENSION}`));
  return deserialize(gunzipSync(kept)) as EvidenceRecording;
}
