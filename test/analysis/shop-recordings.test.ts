import assert from 'node:assert/strict';
import { parseFault, type Fault } from '../../examples/shop/fault-catalog.js';
import type { Diagnosis, FaultKind } from '../../model/diagnosis.js';
import { diagnoseRecorded, readRecorded, recordedFaults, without } from '../support/recorded.js';

/** Kinds that the signals of the shop cannot tell from the true one, by fault, with the reason. */
const ALSO_HONEST: Record<string, { kinds: FaultKind[]; because: string }> = {};

const LEVELS: Diagnosis['verdict']['level'][] = ['inconclusive', 'suspected', 'confirmed'];

/** Whether the second verdict names another service or says the same with less certainty. */
function movedOrWeakened({ verdict: before }: Diagnosis, { verdict: after }: Diagnosis): boolean {
  return (
    after.service !== before.service ||
    after.confidence < before.confidence ||
    LEVELS.indexOf(after.level) < LEVELS.indexOf(before.level)
  );
}

function honestKinds({ name, kind }: Fault): FaultKind[] {
  return [kind, ...(ALSO_HONEST[name]?.kinds ?? [])];
}

describe('recorded incidents of the shop', () => {
  for (const name of recordedFaults()) {
    const fault = parseFault(name);

    it(`finds ${name} half a minute after the alert, and says what it is`, async () => {
      const { verdict } = await diagnoseRecorded(await readRecorded(name));
      assert.equal(verdict.service, fault.service);
      assert.notEqual(verdict.level, 'inconclusive', verdict.reason);
      // Failing answers for no visible reason have no kind of their own.
      if (fault.kind !== 'unknown') {
        const kinds = honestKinds(fault);
        assert.ok(kinds.includes(verdict.faultKind), `says ${verdict.faultKind}, not ${kinds.join(' or ')}`);
      }
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

  it('are there', () => {
    assert.ok(recordedFaults().length > 0);
  });
});
