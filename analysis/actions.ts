import type { FaultKind, nextAction } from '../model/diagnosis.js';
import type { Change } from '../model/change.js';
import type { z } from 'zod';

type Action = z.infer<typeof nextAction>;

/** What to do about a kind of fault at a service, and what one should see if it was right. */
const REMEDIES: Record<FaultKind, (service: string) => Action> = {
  cpu: (service) => ({
    title: `Add capacity to ${service}, or stop what burns its CPU`,
    command: null,
    risk: 'reversible',
    expect: 'CPU per request and latency return to their calm level within minutes.',
  }),
  memory: (service) => ({
    title: `Restart one instance of ${service} and watch its memory`,
    command: null,
    risk: 'reversible',
    expect: 'Memory falls at once; if it climbs again at the same pace, it leaks.',
  }),
  disk: (service) => ({
    title: `Find what writes or reads on the disks of ${service}`,
    command: null,
    risk: 'read-only',
    expect: 'One process stands out in disk time.',
  }),
  network: (service) => ({
    title: `Measure delay and loss between ${service} and its callers`,
    command: null,
    risk: 'read-only',
    expect: 'Calls take far longer for the caller than for the service itself.',
  }),
  'dependency-down': (service) => ({
    title: `Check whether ${service} runs and answers`,
    command: null,
    risk: 'read-only',
    expect: 'It does not answer, or restarts again and again.',
  }),
  'code-change': (service) => ({
    title: `Compare the errors of ${service} before and since, and what was released`,
    command: null,
    risk: 'read-only',
    expect: 'An error or a path that was not there before.',
  }),
  configuration: (service) => ({
    title: `Compare the settings of ${service} with those of an hour ago`,
    command: null,
    risk: 'read-only',
    expect: 'A setting, flag or parameter that changed near the onset.',
  }),
  'traffic-surge': (service) => ({
    title: `Scale ${service} out, or shed load before it`,
    command: null,
    risk: 'reversible',
    expect: 'Latency falls while the traffic stays.',
  }),
  'pool-saturation': (service) => ({
    title: `Look at the pools of ${service}: in use, waiting, limit`,
    command: null,
    risk: 'read-only',
    expect: 'A pool at its limit with a queue.',
  }),
  'external-provider': (service) => ({
    title: `Ask the status page of ${service}, and switch to the fallback if there is one`,
    command: null,
    risk: 'reversible',
    expect: 'The provider reports trouble; errors stop with the fallback.',
  }),
  host: (service) => ({
    title: `Move ${service} off its host`,
    command: null,
    risk: 'reversible',
    expect: `${service} recovers elsewhere while others on that host do not.`,
  }),
  unknown: (service) => ({
    title: `Look at ${service} first`,
    command: null,
    risk: 'read-only',
    expect: 'Something that changed near the onset.',
  }),
};

/** At most three, the likeliest help first. */
export function actionsFor(service: string, kinds: FaultKind[], guilty: Change | null): Action[] {
  const actions: Action[] = [];
  if (guilty !== null) {
    actions.push({
      title: `Undo ${guilty.title || guilty.id}`,
      command: guilty.link,
      risk: guilty.kind === 'infrastructure' ? 'risky' : 'reversible',
      expect: `The symptoms of ${service} end within minutes of the rollback.`,
    });
  }
  for (const kind of kinds) actions.push(REMEDIES[kind](service));
  return actions.slice(0, 3);
}
