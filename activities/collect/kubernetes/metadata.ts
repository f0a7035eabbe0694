import type { Metadata, Selector } from './objects.js';

/** `shop/payment-7f9c`; of an object without a namespace its name. */
export function fullName({ namespace, name }: Pick<Metadata, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** Who wrote fields of an object, and when. */
export interface Write {
  manager: string;
  time: number;
}

/**
 * The latest write of a field, by the object's own account of its writers: `['spec', 'replicas']`. Null where nobody is
 * known to have written it.
 */
export function lastWriteOf(
  { managedFields }: Pick<Metadata, 'managedFields'>,
  path: readonly string[],
): Write | null {
  return managedFields
    .flatMap(({ manager, time, fieldsV1 }) =>
      time !== null && owns(fieldsV1, path) ? [{ manager, time }] : [],
    )
    .reduce<Write | null>((latest, one) => (latest === null || one.time > latest.time ? one : latest), null);
}

function owns(fields: unknown, path: readonly string[]): boolean {
  let inside = fields;
  for (const field of path) {
    if (typeof inside !== 'object' || inside === null || !Object.hasOwn(inside, `f:${field}`)) return false;
    inside = (inside as Record<string, unknown>)[`f:${field}`];
  }
  return true;
}

/** Whether labels fit a selector of labels; an empty one fits everything. */
export function fits(
  labels: Readonly<Record<string, string>>,
  { matchLabels, matchExpressions }: Selector,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}

/** How the controller counts the rollouts of a deployment, on its replica sets. */
export const REVISION = 'deployment.kubernetes.io/revision';

/** The number of the rollout that a replica set is of; 0 where none is written. */
export function revisionOf({ metadata }: { metadata: Pick<Metadata, 'annotations'> }): number {
  return Number(metadata.annotations[REVISION] ?? 0) || 0;
}
