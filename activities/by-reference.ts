import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { change } from '../model/change.js';
import { checkResult } from '../model/check.js';
import type { Diagnosis } from '../model/diagnosis.js';
import type { Gap } from '../model/gap.js';
import { scope as scopeSchema, type DocumentRef } from '../model/incident.js';
import { excerptOf } from './analyse/excerpt.js';
import type {
  Activities,
  EvidenceRead,
  InvestigationSteps,
  SourceRequest,
  SuspectToCheck,
} from './contract.js';
import { completeRecord } from './record/complete-record.js';
import { isLost, type Documents } from './record/documents.js';

/** Gaps of one step that reach the workflow, each of at most so many characters: a record lists no more. */
const MOST_GAPS = 30;
const LONGEST_GAP_TEXT = 500;
/** Checks that could not run, as the workflow keeps them. */
const MOST_CHECKS = 10;

/**
 * The steps of an investigation as activities: inputs and results that would be too large for workflow history are
 * documents in the store, and the workflow passes on where they are. A document that is missing is the non-retryable
 * failure `DocumentMissing`.
 */
export function byReference(
  steps: InvestigationSteps,
  documents: Documents,
): Pick<Activities, keyof InvestigationSteps> {
  const scopeOf = (ref: DocumentRef) => found(documents.get(ref, scopeSchema));
  const bySource =
    (read: (request: SourceRequest) => Promise<EvidenceRead>) =>
    async ({ scope, source }: { scope: DocumentRef; source: string }): Promise<EvidenceRead> => {
      const { evidence, gaps } = await read({ scope: await scopeOf(scope), source });
      return { evidence, gaps: bounded(gaps) };
    };
  return {
    async planScope(input) {
      const scope = await steps.planScope(input);
      return {
        scope: await documents.put('scope', scope),
        services: scope.services.length,
        packs: scope.packs,
        gaps: bounded(scope.gaps),
      };
    },

    async collectMetrics({ scope, family }) {
      const { evidence, gaps } = await steps.collectMetrics({ scope: await scopeOf(scope), family });
      return { evidence, gaps: bounded(gaps) };
    },

    collectLogs: bySource(steps.collectLogs),
    collectTraces: bySource(steps.collectTraces),
    collectState: bySource(steps.collectState),

    async collectChanges({ scope }) {
      const { changes, gaps } = await steps.collectChanges({ scope: await scopeOf(scope) });
      return {
        changes: await documents.put('changes', changes),
        count: changes.length,
        gaps: bounded(gaps),
      };
    },

    async collectSlices({ scope, service }) {
      const { evidence, gaps } = await steps.collectSlices({ scope: await scopeOf(scope), service });
      return { evidence, gaps: bounded(gaps) };
    },

    async runChecks({ scope, ...asked }) {
      const { checks, gaps, zones, left } = await steps.runChecks({ scope: await scopeOf(scope), ...asked });
      return {
        checks: await documents.put('checks', checks),
        ran: checks.length,
        failed: checks.filter(({ outcome }) => outcome === 'failed').length,
        left,
        ...(zones.length > 0 && { zones }),
        gaps: bounded(gaps),
      };
    },

    async analyse({ scope, evidence, changes, checks, gaps }) {
      const allChanges = changes ? await found(documents.get(changes, z.array(change))) : [];
      const allChecks = await found(
        Promise.all(checks.map((ref) => documents.get(ref, z.array(checkResult)))),
      );
      const diagnosis = await steps.analyse({
        scope: await scopeOf(scope),
        evidence,
        changes: allChanges,
        checks: allChecks.flat(),
        gaps,
      });
      return {
        diagnosis: await documents.put('diagnosis', diagnosis),
        excerpt: excerptOf(diagnosis),
        changes: allChanges
          .filter(({ id }) => id === diagnosis.verdict.changeId)
          .map((one) => ({ ...one, details: one.details.slice(0, LONGEST_GAP_TEXT), files: [] })),
        checks: allChecks
          .flat()
          .filter(({ outcome }) => outcome === 'could-not-run')
          .slice(0, MOST_CHECKS),
        suspects: suspectsOf(diagnosis),
        gaps: bounded(diagnosis.gaps),
      };
    },

    saveRecord: async ({ record }) => steps.saveRecord({ record: await completeRecord(documents, record) }),
  };
}

function suspectsOf({ suspects }: Diagnosis): SuspectToCheck[] {
  return suspects
    .filter(({ status }) => status !== 'ruled-out')
    .map(({ service, faultKind, confidence, faultKinds }) => ({
      service,
      faultKind,
      confidence,
      faultKinds,
    }));
}

function bounded(gaps: readonly Gap[]): Gap[] {
  const kept = gaps.slice(0, MOST_GAPS).map(({ source, what, reason }) => ({
    source,
    what: cut(what),
    reason: cut(reason),
  }));
  const rest = gaps.length - kept.length;
  if (rest <= 0) return kept;
  return [...kept, { source: 'faultline', what: `${rest} more gaps`, reason: `one step lists ${MOST_GAPS}` }];
}

function cut(text: string): string {
  const characters = Array.from(text);
  return characters.length <= LONGEST_GAP_TEXT ? text : `${characters.slice(0, LONGEST_GAP_TEXT).join('')}…`;
}

/** A document that is gone does not come back when it is asked for again. */
async function found<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!isLost(error)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, 'DocumentMissing');
  }
}
