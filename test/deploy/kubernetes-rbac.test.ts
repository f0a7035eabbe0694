import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { KINDS, WORKLOAD_NAMES } from '../../activities/collect/kubernetes/kinds.js';

interface Role {
  kind: string;
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

describe('the role of the account that reads a cluster', () => {
  const text = readFileSync(new URL('../../deploy/kubernetes-rbac.yml', import.meta.url), 'utf8');
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Role);
  const { rules } = documents.find(({ kind }) => kind === 'ClusterRole')!;

  it('allows exactly what is asked: to list every kind, and to get nodes', () => {
    const allowed = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
      ),
    );
    const asked = [...Object.values(KINDS), ...WORKLOAD_NAMES].map(({ group, resource }) =>
      resource === 'nodes' ? `get ${group}/${resource}` : `list ${group}/${resource}`,
    );
    assert.deepEqual(allowed.sort(), [...new Set(asked)].sort());
  });
});
