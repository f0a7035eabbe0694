import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { excerptOf } from '../../activities/analyse/excerpt.js';
import { byReference } from '../../activities/by-reference.js';
import type { InvestigationSteps } from '../../activities/contract.js';
import { completeRecord } from '../../activities/record/complete-record.js';
import { documentsIn, type Documents } from '../../activities/record/documents.js';
import { EvidenceMissing, type EvidenceStore } from '../../activities/record/evidence-store.js';
import { jsonBytes } from '../../model/bytes.js';
import { scope, type IncidentRecord } from '../../model/incident.js';
import { currentDetails } from '../../report/details.js';
import { withoutSecrets } from '../../report/mask.js';
import { aScope } from '../support/diagnoses.js';
import { SAMPLES } from '../support/records.js';
import { checksOf } from '../support/suspects.js';

/** Documents in memory, which a test can lose. */
function inMemory(): { documents: Documents; kept: Map<string, Buffer> } {
  const kept = new Map<string, Buffer>();
  const store: Pick<EvidenceStore, 'putBytes' | 'getBytes'> = {
    putBytes: (bytes) => {
      const uri = `documents/${kept.size}`;
      kept.set(uri, bytes);
      return Promise.resolve(uri);
    },
    getBytes: (uri) => {
      const bytes = kept.get(uri);
      return bytes ? Promise.resolve(bytes) : Promise.reject(new EvidenceMissing(uri, 'it was deleted'));
    },
  };
  return { documents: documentsIn(store), kept };
}

const notAsked = (): Promise<never> => Promise.reject(new Error('not asked'));

/** The steps of an investigation that find what a record says. */
function stepsOf(record: IncidentRecord): InvestigationSteps {
  const { diagnosis, changes, checks } = record;
  return {
    planScope: () => Promise.resolve(aScope()),
    ...{ collectMetrics: notAsked, collectLogs: notAsked, collectTraces: notAsked, collectState: notAsked },
    collectSlices: notAsked,
    collectChanges: () => Promise.resolve({ changes, gaps: [] }),
    runChecks: () => Promise.resolve({ checks, gaps: [], zones: [], left: 0 }),
    analyse: (given) => {
      assert.deepEqual(
        [given.scope, given.changes, given.checks],
        [aScope(), ...withoutSecrets([changes, checks])],
      );
      return Promise.resolve(diagnosis ?? assert.fail('a sample with a diagnosis'));
    },
    saveRecord: ({ record: saved }) => {
      assert.deepEqual([saved.diagnosis, saved.changes], withoutSecrets([diagnosis, changes]));
      return Promise.resolve({ uri: 'r1', reportPath: '/r', reportUrl: null, sinks: [] });
    },
  };
}

const diagnosed = Object.entries(SAMPLES)
  .map(([name, make]): [string, IncidentRecord] => [name, make()])
  .filter(([, record]) => record.diagnosis !== null);

describe('what a workflow knows of an investigation', () => {
  it('says the same of every sample as the whole record does, in at most 24 KiB', () => {
    assert.ok(diagnosed.length >= 5);
    for (const [name, record] of diagnosed) {
      const { diagnosis, changes, checks } = record;
      if (!diagnosis) continue;
      const excerpt = excerptOf(diagnosis);
      assert.ok(jsonBytes(excerpt) <= 24 * 1024, name);
      const known: IncidentRecord = {
        ...record,
        diagnosis: excerpt,
        changes: changes.filter(({ id }) => id === diagnosis.verdict.changeId),
        checks: checks.filter(({ outcome }) => outcome === 'could-not-run'),
        gaps: [...record.gaps, ...diagnosis.gaps],
      };
      assert.equal(currentDetails(known), currentDetails(record), name);
    }
  });

  it('is made whole again from the documents when it is saved', async () => {
    for (const [name, record] of diagnosed) {
      const { documents } = inMemory();
      const activities = byReference(stepsOf(record), documents);
      const subject = { environment: 'e', anomalies: record.anomalies, now: 0 };
      const planned = await activities.planScope(subject);
      assert.deepEqual(await documents.get(planned.scope, scope), aScope(), name);
      const { changes } = await activities.collectChanges({ scope: planned.scope });
      const suspect = { scope: planned.scope, ...checksOf('payment', 'cpu') };
      const { checks } = await activities.runChecks(suspect);
      const inputs = { scope: planned.scope, evidence: [], changes, checks: [checks], gaps: [] };
      const conclusion = await activities.analyse(inputs);
      await activities.saveRecord({
        record: {
          ...record,
          diagnosis: conclusion.excerpt,
          changes: conclusion.changes,
          checks: conclusion.checks,
          documents: [planned.scope, changes, checks, conclusion.diagnosis],
        },
      });
    }
  });

  it('stays an excerpt, and says so, where a document is not in the store any more', async () => {
    const { documents, kept } = inMemory();
    const [, record] = diagnosed[0] ?? assert.fail();
    const ref = await documents.put('diagnosis', record.diagnosis);
    kept.clear();
    const complete = await completeRecord(documents, { ...record, gaps: [], documents: [ref] });
    assert.equal(complete.diagnosis, record.diagnosis);
    assert.deepEqual(
      complete.gaps.map(({ source, what }) => [source, what]),
      [['store', 'all details of diagnosis']],
    );
  });

  it('fails for good, by name, when the scope of an investigation is gone or is something else', async () => {
    const { documents, kept } = inMemory();
    const [, record] = diagnosed[0] ?? assert.fail();
    const activities = byReference(stepsOf(record), documents);
    const { scope: ref } = await activities.planScope({ environment: 'e', anomalies: [], now: 0 });
    const isMissing = (error: unknown) =>
      error instanceof ApplicationFailure && error.type === 'DocumentMissing' && error.nonRetryable === true;
    kept.set(ref.uri, Buffer.from('{"environment": 1}'));
    await assert.rejects(activities.collectChanges({ scope: ref }), isMissing);
    kept.clear();
    await assert.rejects(activities.collectChanges({ scope: ref }), isMissing);
  });

  it('bounds the gaps of a step, and says how many more there are', async () => {
    const { documents } = inMemory();
    const [, record] = diagnosed[0] ?? assert.fail();
    const gaps = Array.from({ length: 60_000 }, (_, i) => ({
      source: 's',
      what: `gap ${i}`,
      reason: 'r'.repeat(900),
    }));
    const steps = { ...stepsOf(record), collectChanges: () => Promise.resolve({ changes: [], gaps }) };
    const activities = byReference(steps, documents);
    const { scope: ref } = await activities.planScope({ environment: 'e', anomalies: [], now: 0 });
    const answer = await activities.collectChanges({ scope: ref });
    assert.equal(answer.gaps.length, 31);
    assert.equal(answer.gaps.at(-1)?.what, '59970 more gaps');
    assert.ok(jsonBytes(answer) < 20_000);
  });
});
