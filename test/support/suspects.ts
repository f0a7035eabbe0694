import type { SuspectToCheck } from '../../activities/contract.js';
import type { FaultKind } from '../../model/diagnosis.js';

/** One suspect, believed to have one kind of fault: with `unknown` no kind is likelier than others. */
export function suspected(
  service: string,
  faultKind: FaultKind = 'unknown',
  confidence = 0.6,
): SuspectToCheck {
  return { service, faultKind, confidence, faultKinds: [{ kind: faultKind, probability: 1 }] };
}

/** What `runChecks` is asked for one suspect alone. */
export function checksOf(service: string, faultKind: FaultKind = 'unknown') {
  return { service, suspects: [suspected(service, faultKind)] };
}
