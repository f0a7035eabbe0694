import type { Config } from '../../config/schema.js';

/**
 * Environments that are learnt from alerts when `triage.environments` names none. Each is a triage workflow that never
 * ends, and its name comes from senders; an installation has a handful.
 */
const MAX_LEARNT = 50;

/** The environment under which an alert is kept; `note` says why it is another than the alert names. */
export interface KeptEnvironment {
  name: string;
  note: string | null;
}

/**
 * Decides under which environment alerts are kept: those of `triage.environments`, or else the first 50 that alerts
 * name. Any other goes to the default environment.
 */
export function environmentsOf({
  environment: fallback,
  triage,
}: Pick<Config, 'environment' | 'triage'>): (name: string) => KeptEnvironment {
  const isFixed = triage.environments.length > 0;
  const known = new Set([fallback, ...triage.environments]);
  const reason = isFixed
    ? 'is none of triage.environments'
    : `is one more than the ${MAX_LEARNT} that are learnt from alerts; list yours in triage.environments`;
  return (name) => {
    if (!known.has(name)) {
      if (isFixed || known.size > MAX_LEARNT) {
        return { name: fallback, note: `the environment '${name}' ${reason}, so '${fallback}' is taken` };
      }
      known.add(name);
    }
    return { name, note: null };
  };
}
