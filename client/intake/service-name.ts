import { LIMITS, oneLine } from './bounds.js';

/** What else may say where the trouble is, the most telling first. */
const HINTS = ['container', 'workload', 'statefulset', 'daemonset', 'pod', 'instance', 'host', 'node'];

export interface ServiceName {
  name: string;
  /** The label that named it; null when only the alert's own name was left. */
  label: string | null;
  /** Whether it is a guess: none of the configured labels was there. */
  guessed: boolean;
}

/** The service that labels speak of. An alert that names none is kept under the best hint there is. */
export function serviceOf(
  labels: Record<string, string>,
  serviceLabels: string[],
  alertName: string,
): ServiceName {
  for (const label of serviceLabels) {
    const name = labelOf(labels, label);
    if (name) return { name, label, guessed: false };
  }
  for (const label of HINTS) {
    const value = labelOf(labels, label);
    if (value) return { name: withoutInstance(label, value), label, guessed: true };
  }
  return { name: oneLine(alertName, LIMITS.name) || 'unknown', label: null, guessed: true };
}

/** A label's value as a name; undefined when it is absent or blank. Never looks at what objects inherit. */
export function labelOf(labels: Record<string, string>, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? oneLine(labels[name] ?? '', LIMITS.name) || undefined : undefined;
}

/** A host without its port; a pod without the hashes that its ReplicaSet and its own name add. */
function withoutInstance(label: string, value: string): string {
  if (label === 'pod') return value.replace(/(-[a-z\d]{6,10})?-[a-z\d]{5}$/, '') || value;
  return value.replace(/^\[?([^\]]+?)\]?:\d+$/, '$1');
}
