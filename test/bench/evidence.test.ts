import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, restricted, SELECTIONS } from '../../bench/evidence/judge.js';
import {
  keepRecording,
  readEvidence,
  recordedEvidence,
  type EvidenceRecording,
} from '../../bench/evidence/recording.js';
import { parseFault } from '../../examples/shop/fault-catalog.js';

const selection = (name: string) => SELECTIONS.find((one) => one.name === name)!;

describe('incidents of the shop with all kinds of evidence', () => {
  const recordings = recordedEvidence().map((name) => readEvidence(name));

  it('are there, each with lines, spans and what every source cost', () => {
    assert.ok(recordings.length > 0, 'nothing is recorded');
    for (const { fault, input, costs } of recordings) {
      assert.equal(parseFault(fault).name, fault);
      assert.ok((input.logs?.kinds.length ?? 0) > 0, `${fault} has no lines`);
      assert.ok((input.spans?.parent.length ?? 0) > 0, `${fault} has no spans`);
      for (const [asked, { seconds, bytes }] of Object.entries(costs)) {
        assert.ok(seconds > 0 && bytes > 0, `${fault}: ${asked} cost nothing`);
      }
    }
  });

  it('are diagnosed by what is asked alone', () => {
    const recording = recordings.find(({ fault }) => fault === 'cart-quota')!;
    const { logs, spans, conditions, changes } = restricted(recording, selection('metrics').asked);
    assert.deepEqual(
      [logs, spans, conditions, changes],
      [null, null, null, recording.stepsInMetrics],
      'what was not asked is known',
    );
    const told = restricted(recording, selection('metrics, state').asked);
    assert.ok(told.conditions?.some(({ kind }) => kind === 'quota-exceeded'));
    assert.equal(restricted(recording, selection('all').asked).conditions, recording.input.conditions);
  });

  for (const recording of recordings) {
    it(`name the service of ${recording.fault} by all that is asked`, () => {
      const { service, diagnosis } = judge(recording, selection('all'));
      assert.equal(service, parseFault(recording.fault).service, diagnosis.verdict.reason);
    });
  }

  it('cost the more the more is asked', () => {
    const costOf = (recording: EvidenceRecording, name: string) => judge(recording, selection(name)).bytes;
    for (const recording of recordings) {
      assert.ok(costOf(recording, 'all') > costOf(recording, 'metrics, logs'), recording.fault);
    }
  });

  it('are kept as they were', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-evidence-'));
    try {
      keepRecording(recordings[0]!, folder);
      assert.deepEqual(recordedEvidence(folder), [recordings[0]!.fault]);
      assert.deepEqual(readEvidence(recordings[0]!.fault, folder), recordings[0]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
