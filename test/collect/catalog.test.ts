import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCatalogs } from '../../activities/collect/scope/catalog.js';
import { readTopology, type Around } from '../../activities/collect/scope/topology.js';
import { FakeSource } from '../support/fake-source.js';
import { NO_LIMITS } from '../support/scopes.js';

/** As Backstage writes them, cut down to what has relations. */
const CHECKOUT = `
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: checkout
  annotations: { backstage.io/kubernetes-id: checkout-v2 }
spec:
  type: service
  lifecycle: production
  owner: team-web
  system: shop
  dependsOn: [resource:orders-db, "component:billing/payment", system:mail]
  consumesApis: [stock]
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: { name: orders-db }
spec: { type: database, owner: team-web, dependencyOf: [component:reports] }
---
kind: Group
metadata: { name: team-web }
spec: { type: team, children: [] }
---
`;
const STOCK = `
kind: Component
metadata: { name: warehouse }
spec: { type: service, providesApis: [stock] }
---
kind: API
metadata: { name: stock }
spec: { type: openapi, definition: ..., owner: team-stock }
`;

describe('catalogue files of Backstage', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'faultline-catalog-'));
    for (const [name, text] of Object.entries({ checkout: CHECKOUT, stock: STOCK })) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, 'catalog-info.yaml'), text);
    }
    const bad = ['{ dependsOn: [b] }', '{ dependsOn: 3 }'].map(
      (spec) => `kind: Component\nmetadata: { name: a }\nspec: ${spec}\n---\n`,
    );
    await writeFile(path.join(folder, 'bad.yaml'), `${bad.join('')}a: [\n`);
  });
  after(() => rm(folder, { recursive: true }));

  const all = () => readCatalogs([path.join(folder, '*/catalog-info.yaml')]);

  it('declare calls by dependencies and by APIs', async () => {
    const { calls, gaps } = await all();
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      calls.map(({ caller, callee, source }) => [caller.join('|'), callee.join('|'), source]),
      [
        ['checkout-v2|checkout', 'orders-db', 'declared in checkout/catalog-info.yaml'],
        ['checkout-v2|checkout', 'payment', 'declared in checkout/catalog-info.yaml'],
        ['checkout-v2|checkout', 'warehouse', 'declared in checkout/catalog-info.yaml'],
        ['reports', 'orders-db', 'declared in checkout/catalog-info.yaml'],
      ],
    );
  });

  it('are calls of the topology, by the names that metrics use', async () => {
    const around: Around = {
      ...{ source: new FakeSource({}), packs: [], bindings: [], time: 0, limits: NO_LIMITS },
      spans: { window: 60, lookback: 60, before: 60, since: 60 },
    };
    const catalogs = [path.join(folder, '*/catalog-info.yaml')];
    const services = [{ name: 'checkout', calls: ['payment-service'], external: false }];
    const { graph } = await readTopology(around, ['checkout', 'payment-service'], [], { services, catalogs });
    assert.deepEqual(
      graph.edges.map(({ caller, callee, learntFrom }) => `${caller} > ${callee}: ${learntFrom.source}`),
      [
        'checkout > orders-db: declared in checkout/catalog-info.yaml',
        'checkout > payment-service: configuration',
        'checkout > warehouse: declared in checkout/catalog-info.yaml',
        'reports > orders-db: declared in checkout/catalog-info.yaml',
      ],
    );
  });

  it('that cannot be read are told by file, document and field, and the others count', async () => {
    const at = (name: string): string => path.join(folder, name);
    const { calls, gaps } = await readCatalogs(
      ['bad.yaml', 'none.yaml', 'no*thing', 'checkout/catalog-info.yaml'].map(at),
    );
    // The API that checkout consumes is declared in another file.
    assert.equal(calls.length, 4);
    const told = gaps.map(({ what, reason }) => `${what}: ${reason}`.replaceAll(folder, '')).join('\n');
    assert.equal(gaps.length, 4, told);
    assert.match(
      told,
      /^calls declared in \/bad.yaml: document 2: spec.dependsOn: .*expected array, received number$/m,
    );
    assert.match(told, /^calls declared in \/bad.yaml: document 3: no valid YAML: /m);
    assert.match(told, /^calls declared in \/none.yaml: there is no such file$/m);
    assert.match(told, /^calls declared in \/no\*thing: no file fits the pattern$/m);
  });

  it('beyond the five hundredth are not read, and told', async () => {
    const many = path.join(folder, 'many');
    await mkdir(many);
    await Promise.all(
      Array.from({ length: 502 }, (_, i) =>
        writeFile(path.join(many, `${i}.yaml`), 'kind: API\nmetadata: { name: a }\n'),
      ),
    );
    const { gaps } = await readCatalogs([path.join(many, '*.yaml')]);
    assert.deepEqual(
      gaps.map(({ what, reason }) => `${what}: ${reason}`),
      ['calls declared in 2 further files: at most 500 are read (topology.catalogs)'],
    );
  });
});
