import type { Rollouts } from '../../client/cli/context.js';
import type { ReportedChange } from '../../model/change.js';
import type { GuardRequest, GuardState } from '../../model/guard.js';
import { guardId } from '../../model/messages.js';

export interface FakeRollouts extends Rollouts {
  reported: ReportedChange[];
  started: GuardRequest[];
}

/** What the command line is told of rollouts. `states` are a guard's answers, one after the other; the last stays. */
export function fakeRollouts(states: Partial<GuardState>[] = [], joined = false): FakeRollouts {
  const reported: ReportedChange[] = [];
  const started: GuardRequest[] = [];
  let asked = 0;
  return {
    reported,
    started,
    report: (changes) => Promise.resolve(void reported.push(...changes)),
    guards: {
      start: (request) => {
        started.push(request);
        return Promise.resolve({ id: guardId(request), joined });
      },
      state: (id) => {
        const state = states[Math.min(asked++, states.length - 1)];
        const request = started[0]!;
        const base = {
          id,
          request,
          verdict: null,
          reason: '',
          looks: [],
          diagnosis: null,
          url: null,
          untold: [],
        };
        return Promise.resolve({ ...base, endsAt: request.since + request.forSeconds, ...state });
      },
    },
    close: () => Promise.resolve(),
  };
}
