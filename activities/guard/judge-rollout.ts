import { ApplicationFailure } from '@temporalio/common';
import { diagnosis as diagnosisSchema } from '../../model/diagnosis.js';
import { scope as scopeSchema, type DocumentKind, type DocumentRef } from '../../model/incident.js';
import type { Activities } from '../contract.js';
import { isLost, type Documents } from '../record/documents.js';
import type { EvidenceStore } from '../record/evidence-store.js';
import { judgeLook } from './judge.js';

/**
 * The `judgeRollout` activity: reads the diagnosis and the series of an investigation again and judges the rollout by
 * them. What is not in the store any more is the non-retryable failure `DocumentMissing`.
 */
export function createJudgeRollout({
  documents,
  store,
}: {
  documents: Documents;
  store: Pick<EvidenceStore, 'get'>;
}): Pick<Activities, 'judgeRollout'> {
  return {
    async judgeRollout({ documents: known, evidence, request }) {
      try {
        const [scope, diagnosis] = await Promise.all([
          documents.get(refOf(known, 'scope'), scopeSchema),
          documents.get(refOf(known, 'diagnosis'), diagnosisSchema),
        ]);
        const refs = evidence.filter(({ kind }) => kind === 'series');
        const series = await Promise.all(refs.map(({ uri }) => store.get(uri)));
        return judgeLook(diagnosis, series.flat(), { ...request, service: scope.service });
      } catch (error) {
        if (!isLost(error)) throw error;
        throw ApplicationFailure.nonRetryable(error.message, 'DocumentMissing');
      }
    },
  };
}

function refOf(refs: readonly DocumentRef[], kind: DocumentKind): DocumentRef {
  const ref = refs.find((one) => one.kind === kind);
  if (ref) return ref;
  throw ApplicationFailure.nonRetryable(`expected a document of kind ${kind}`, 'DocumentMissing');
}
