import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { EvidenceRef } from '../../model/incident.js';
import { createEvidence } from '../record/evidence-store.js';
import { openBlobs, type StorePlace } from '../record/open-store.js';
import { readTold, type Told } from './told.js';

/** What crosses into the thread: everything but the evidence, which it reads from the store itself. */
export interface AnalysisTask {
  place: StorePlace;
  evidence: EvidenceRef[];
  input: Omit<DiagnosisInput, keyof Told>;
}

/** Entry of a thread of the analysis pool (see analyse.ts). */
export default async function analyseInThread(task: AnalysisTask): Promise<Diagnosis> {
  const store = createEvidence(openBlobs(task.place));
  return diagnose({ ...task.input, ...(await readTold(store, task.evidence)) });
}
