import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { KINDS } from '../../../activities/collect/kubernetes/kinds.js';

const OBJECTS = JSON.parse(
  readFileSync(new URL('../../fixtures/kubernetes/objects.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

/** Paths of what stays empty although the object fills every field: names that the API does not know. */
function emptyIn(value: unknown, path = ''): string[] {
  if (value === null || value === undefined || value === '') return [path];
  if (typeof value !== 'object') return [];
  const inside = Object.entries(value);
  return inside.length === 0 ? [path] : inside.flatMap(([key, one]) => emptyIn(one, `${path}.${key}`));
}

describe('the form of the objects of Kubernetes', () => {
  const published = Object.entries(KINDS).filter(
    ([kind]) => kind !== 'certificates' && kind !== 'scalingEvents',
  );

  /** What is anything, by its nature: sets of fields, and the revision of any kind of workload. */
  const FREE = /fieldsV1|\.template\.spec\.containers\.0\.|^\.data\.spec$/;

  it('is known of every kind of Kubernetes itself', () => {
    assert.deepEqual(Object.keys(OBJECTS).sort(), published.map(([kind]) => kind).sort());
  });

  for (const [kind, { schema }] of published) {
    it(`of ${kind} has every field that is read`, () => {
      const empty = emptyIn(schema.parse(OBJECTS[kind]));
      assert.deepEqual(
        empty.filter((path) => !FREE.test(path)),
        [],
      );
    });
  }
});
