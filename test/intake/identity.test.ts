import assert from 'node:assert/strict';
import type { Anomaly } from '../../model/anomaly.js';
import { NOTE } from '../../client/intake/bounds.js';
import { fixture, intakeRigs } from '../support/intake-rig.js';
import { TriageDesk } from '../support/triage-desk.js';

/** What comes of the posts of a file, sent one after another. */
describe('the service of an alert', () => {
  const rigs = intakeRigs();

  async function raisedBy(file: string, aliases: Record<string, string[]> = {}): Promise<Anomaly[]> {
    const { post, raised } = await rigs({}, undefined, { aliases });
    const { posts } = JSON.parse(fixture(`identity/${file}`)) as { posts: object[] };
    for (const one of posts) assert.equal((await post('/v1/alertmanager', one)).status, 202);
    return raised;
  }

  it('is the workload, the host or the claim, not the exporter that tells of it', async () => {
    const raised = await raisedBy('kube-prometheus-stack');
    assert.deepEqual(
      raised.map(({ service, namespace }) => [service, namespace]),
      [
        ['payment', 'shop'],
        ['awx-web', 'awx'],
        ['checkout', 'shop'],
        ['postgres', 'shop'],
        ['orders', 'shop'],
        ['10.0.0.11', undefined],
        ['postgres', 'shop'],
      ],
    );
    assert.match(
      raised[0]?.annotations[NOTE] ?? '',
      /the label job names the exporter kube-state-metrics, so the service is read off the label pod/,
    );
  });

  it('is read out of addresses, jobs and what people call it', async () => {
    assert.deepEqual(
      (await raisedBy('one-service-many-names')).map(({ service, namespace }) => [service, namespace]),
      [
        ['payment', undefined],
        ['payment', 'shop'],
        ['payment-service', undefined],
        ['Payment', undefined],
        ['payment', 'shop'],
      ],
    );
  });

  it('is one in triage, whatever alerts call it, and two workloads of one exporter are two', async () => {
    const incidentsOf = (alerts: Anomaly[]): string[] => {
      const desk = new TriageDesk();
      desk.raise(...alerts);
      return [...desk.state.open.values()].map(({ id }) => id.replace(/-[^-]+$/, ''));
    };
    const spellings = await raisedBy('one-service-many-names');
    for (const alerts of [spellings, spellings.toReversed()]) {
      assert.deepEqual(incidentsOf(alerts), ['incident/payment/20261124-1110']);
    }
    const [payment, awx] = await raisedBy('kube-prometheus-stack');
    assert.deepEqual(incidentsOf([payment!, awx!]), [
      'incident/payment/20261124-1110',
      'incident/awx-web/20261124-1110',
    ]);
  });

  it('is what the aliases of the configuration say, and the alert tells so', async () => {
    const raised = await raisedBy('one-service-many-names', { billing: ['payment-service', 'payment'] });
    assert.deepEqual([...new Set(raised.map(({ service }) => service))], ['billing']);
    assert.match(raised[2]?.annotations[NOTE] ?? '', /payment-service is billing \(services\.aliases\)/);
  });
});
