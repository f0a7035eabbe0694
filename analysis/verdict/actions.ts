import type { FaultKind, nextAction } from '../../model/diagnosis.js';
import type { Change } from '../../model/change.js';
import type { z } from 'zod';

type Action = z.infer<typeof nextAction>;

/** The action for each fault type, and what shows that it was the right one; `unknown` is for slowness only. */
const REMEDIES: Record<FaultKind, (service: string) => Action> = {
  cpu: (service) => ({
    title: `Add capacity to ${service}, or stop what burns its CPU`,
    command: null,
    risk: 'reversible',
    expect: 'CPU per request and latency return to their baseline within minutes.',
  }),
  memory: (service) => ({
    title: `Restart one instance of ${service} and watch its memory`,
    command: null,
    risk: 'reversible',
    expect: 'Memory falls at once; if it grows again at the same pace, there is a leak.',
  }),
  disk: (service) => ({
    title: `Find the process that uses the disks of ${service}`,
    command: null,
    risk: 'read-only',
    expect: 'One process stands out in disk time.',
  }),
  network: (service) => ({
    title: `Measure delay and loss between ${service} and its callers`,
    command: null,
    risk: 'read-only',
    expect: 'Calls take much longer for the caller than for the service itself.',
  }),
  'dependency-down': (service) => ({
    title: `Check whether ${service} runs and answers`,
    command: null,
    risk: 'read-only',
    expect: 'It does not answer, or restarts in a loop.',
  }),
  'code-change': (service) => ({
    title: `Compare the errors of ${service} before and after the onset, and what was released`,
    command: null,
    risk: 'read-only',
    expect: 'An error or a code path that is new.',
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
    title: `Check the pools of ${service}: in use, waiting, limit`,
    command: null,
    risk: 'read-only',
    expect: 'A pool at its limit with a queue.',
  }),
  'external-provider': (service) => ({
    title: `Check the status page of ${service}, and switch to the fallback if there is one`,
    command: null,
    risk: 'reversible',
    expect: 'The provider reports an incident; errors stop with the fallback.',
  }),
  host: (service) => ({
    title: `Deviation ${service} off its host`,
    command: null,
    risk: 'reversible',
    expect: `${service} recovers elsewhere while the others on that host do not.`,
  }),
  'start-failure': (service) => ({
    title: `Read the last log lines of an instance of ${service} that does not start, and check its image and settings`,
    command: null,
    risk: 'read-only',
    expect: 'The image, command, file or setting without which it cannot start.',
  }),
  scheduling: (service) => ({
    title: `Find room for ${service}: compare what its instances request with what the nodes have left`,
    command: null,
    risk: 'read-only',
    expect: 'The resource, label, taint or volume for which no node fits.',
  }),
  probe: (service) => ({
    title: `Call the health probe of ${service} by hand and compare it with the limits of the probe`,
    command: null,
    risk: 'read-only',
    expect: 'The probe fails where real requests are answered, or the service answers neither.',
  }),
  quota: (service) => ({
    title: `Raise the quota or limit that ${service} has reached, or free some of it`,
    command: null,
    risk: 'reversible',
    expect: 'The instances that are missing start, and the symptoms end.',
  }),
  routing: (service) => ({
    title: `Compare who may reach ${service} with what selects it: labels, ports, network policies, DNS`,
    command: null,
    risk: 'read-only',
    expect: 'A selector, port, policy or name that fits no instance of it.',
  }),
  certificate: (service) => ({
    title: `Renew the certificate of ${service}`,
    command: null,
    risk: 'reversible',
    expect: 'Connections are accepted again at once.',
  }),
  lock: (service) => ({
    title: `Ask ${service} which session holds the lock that others wait for, and whose it is`,
    command: null,
    risk: 'read-only',
    expect: 'A transaction that is open for long: others go on once it ends.',
  }),
  unknown: (service) => ({
    title: `Profile ${service}, or trace one slow request, while it lasts`,
    command: null,
    risk: 'read-only',
    expect: 'The lock, query, call or sleep in which the added time is spent.',
  }),
};

/**
 * At most three, the most useful first. A service that fails for an unknown reason gets no action: there is none to
 * name.
 */
export function actionsFor(
  service: string,
  kinds: FaultKind[],
  { trigger, isSlow }: { trigger: Change | null; isSlow: boolean },
): Action[] {
  const actions: Action[] = [];
  if (trigger !== null) {
    actions.push({
      title: `Undo ${trigger.title || trigger.id}`,
      command: trigger.link,
      risk: trigger.kind === 'infrastructure' ? 'risky' : 'reversible',
      expect: `The symptoms of ${service} end within minutes of the rollback.`,
    });
  }
  const known = kinds.filter((kind) => kind !== 'unknown' || isSlow);
  for (const kind of known) actions.push(REMEDIES[kind](service));
  return actions.slice(0, 3);
}
