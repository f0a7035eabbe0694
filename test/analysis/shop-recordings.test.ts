import assert from 'node:assert/strict';
import { parseFault } from '../../examples/shop/fault-catalog.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { diagnoseRecorded, readRecorded, recordedFaults, without } from '../support/recorded.js';

const LEVELS: Diagnosis['verdict']['level'][] = ['inconclusive', 'suspected', 'confirmed'];

/** Whether the second verdict names another service or says the same with less certainty. */
function movedOrWeakened({ verdict: before }: Diagnosis, { verdict: after }: Diagnosis): boolean {
  return (
    after.service !== before.service ||
    after.confidence < before.confidence ||
    LEVELS.indexOf(after.level) < LEVELS.indexOf(before.level)
  );
}

describe('recorded incidents of the shop', () => {
  for (const name of recordedFaults()) {
    const fault = parseFault(name);

    it(`finds ${name} half a minute after the alert, and says what it is`, async () => {
      const { verdict } = await diagnoseRecorded(await readRecorded(name));
      assert.equal(verdict.service, fault.service);
      assert.notEqual(verdict.level, 'inconclusive', verdict.reason);
      // Failing answers for no visible reason have no kind of their own.
      if (fault.injection !== 'errors') assert.equal(verdict.faultKind, fault.kind);
    });

    if (fault.injection === 'latency' || fault.injection === 'errors') {
      it(`does not call ${name} confirmed: mere suffering is no change of state`, async () => {
        const { verdict } = await diagnoseRecorded(await readRecorded(name));
        assert.equal(verdict.level, 'suspected', verdict.reason);
      });
    }

    it(`does not hold on to ${name} when nothing of ${fault.service} is seen`, async () => {
      const recorded = await readRecorded(name);
      const whole = await diagnoseRecorded(recorded);
      const blind = await diagnoseRecorded(without(fault.service, recorded));
      assert.ok(movedOrWeakened(whole, blind), `still ${blind.verdict.reason}`);
    });
  }

  it('do not call the network what the service itself measures', async () => {
    const { verdict, ruledOut, suspects } = await diagnoseRecorded(await readRecorded('payment-latency'));
    assert.equal(verdict.faultKind, 'unknown');
    // The alert is about the 95th percentile: so is what is said of its cause.
    assert.match(suspects[0]!.evidence[0]!.statement, /^latency p95 of payment rose from 143 ms/u);
    const network = suspects[0]!.faultKinds.find(({ kind }) => kind === 'network')?.probability ?? 0;
    assert.ok(network < 0.05, `network ${network}`);
    const why = ruledOut.find(({ what }) => what === 'network at payment')?.why;
    assert.match(
      why ?? '',
      /^payment itself measures 1.25 s of the 1.26 s by which its callers wait longer/u,
    );
  });

  it('are there', () => {
    assert.ok(recordedFaults().length > 0);
  });
});
