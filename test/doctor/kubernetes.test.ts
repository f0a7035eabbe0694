import assert from 'node:assert/strict';
import { examineKubernetes } from '../../workers/doctor/kubernetes.js';
import { scenario } from '../support/kubernetes-scenario.js';
import { clusterAt } from '../support/kubernetes-scope.js';
import { KubernetesServer, written } from '../support/kubernetes-server.js';

const NOW = 1_800_000_000;

describe('the doctor on clusters', () => {
  let server: KubernetesServer;
  before(async () => {
    server = await KubernetesServer.start(written(scenario(NOW), NOW), NOW);
  });
  after(() => server.close());

  it('names the API server, and that every kind of object may be read', async () => {
    const [finding] = await examineKubernetes([clusterAt(server.url)]);
    assert.equal(finding!.subject, "cluster 'cluster'");
    assert.equal(finding!.status, 'ok');
    assert.match(finding!.seen, /^http:\/\/127\.0\.0\.1:\d+ answers; all 16 kinds of objects may be read$/);
  });

  it('asks for one object of a kind at most', () => {
    assert.ok(server.requests.every(({ params }) => params.get('limit') === '1'));
  });

  it('warns of kinds that may not be read, with the rule that is missing', async () => {
    server.forbidden.add('secrets').add('events');
    const [finding] = await examineKubernetes([clusterAt(server.url)]);
    assert.equal(finding!.status, 'warning');
    assert.match(
      finding!.seen,
      /events and secrets cannot be read \(it is forbidden; a role has to allow "list" on "events"/,
    );
    assert.match(finding!.remedy!, /deploy\/kubernetes-rbac\.yml/);
    server.forbidden.clear();
  });

  it('fails where nothing answers', async () => {
    const [finding] = await examineKubernetes([clusterAt('http://127.0.0.1:9')]);
    assert.equal(finding!.status, 'failed');
    assert.match(finding!.remedy!, /check kubernetes\[0\]/);
  });
});
