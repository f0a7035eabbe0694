import assert from 'node:assert/strict';
import fc from 'fast-check';
import { identify } from '../../model/identity/identify.js';
import { canonicalName, isSameName } from '../../model/identity/names.js';

const SERVICE_LABELS = ['service', 'service_name', 'app', 'job', 'deployment'];

type Labels = Record<string, string>;

const who = (labels: Labels, expression?: string) =>
  identify(labels, { serviceLabels: SERVICE_LABELS, expression });
const POD = 'payment-7d9f8b6c5-x2x4z';

/** What the Prometheus operator adds to everything that it scrapes of an exporter. */
const KSM: Labels = {
  job: 'kube-state-metrics',
  service: 'kps-kube-state-metrics',
  endpoint: 'http',
  instance: '10.42.9.105:8080',
};

describe('whom labels are about', () => {
  const CASES: [what: string, labels: Labels, name: string, namespace: string | null, from: string][] = [
    ['a crash loop', { ...KSM, namespace: 'shop', pod: POD, container: 'payment' }, 'payment', 'shop', 'pod'],
    [
      'a sidecar',
      { ...KSM, namespace: 'shop', pod: POD, container: 'istio-proxy' },
      'payment',
      'shop',
      'pod',
    ],
    [
      "an object beside the exporter's own pod",
      { ...KSM, namespace: 'shop', daemonset: 'logs', pod: 'kps-kube-state-metrics-6f9d-abcde' },
      'logs',
      'shop',
      'daemonset',
    ],
    ['a CronJob', { ...KSM, namespace: 'a', job_name: 'report-28391040' }, 'report', 'a', 'job_name'],
    ['a ReplicaSet', { ...KSM, namespace: 'a', replicaset: 'cart-7d9f8b6c5' }, 'cart', 'a', 'replicaset'],
    ['a node', { ...KSM, node: 'w1', pod: 'kps-kube-state-metrics-6f9d-abcde' }, 'w1', null, 'node'],
    [
      'labels that a scrape renamed',
      { ...KSM, namespace: 'monitoring', exported_namespace: 'shop', pod: 'ksm-0', exported_pod: POD },
      'payment',
      'shop',
      'exported_pod',
    ],
    [
      'a container as cAdvisor measures it',
      { job: 'kubelet', service: 'kps-kubelet', node: 'w1', namespace: 'shop', pod: POD, container: 'app' },
      'payment',
      'shop',
      'pod',
    ],
    ['a host by its exporter', { job: 'node', instance: '10.0.0.4:9100' }, '10.0.0.4', null, 'instance'],
    [
      'a host by its name',
      { job: 'node-exporter', instance: '10.0.0.4:9100', nodename: 'db-1', pod: 'kps-node-exporter-t6wzx' },
      'db-1',
      null,
      'nodename',
    ],
    [
      'a probed page',
      { job: 'blackbox', instance: 'https://shop.example.com/health' },
      'shop.example.com',
      null,
      'instance',
    ],
    [
      'a probed service',
      {
        job: 'probes',
        target: 'http://payment.shop.svc:8080/healthz',
        instance: 'blackbox:9115',
        app: 'blackbox-exporter',
      },
      'payment',
      'shop',
      'target',
    ],
    [
      'a backend of an ingress controller',
      {
        job: 'ingress-nginx-controller-metrics',
        service: 'ingress-nginx-controller-metrics',
        endpoint: 'metrics',
        namespace: 'ingress-nginx',
        pod: 'ingress-nginx-controller-5c8d66c76d-4x7kq',
        exported_service: 'payment',
        exported_namespace: 'shop',
      },
      'payment',
      'shop',
      'exported_service',
    ],
    [
      'a called service of a mesh',
      {
        reporter: 'source',
        source_workload: 'frontend',
        namespace: 'web',
        pod: 'frontend-7d9f8b6c5-x2x4z',
        app: 'frontend',
        destination_workload: 'payment',
        destination_workload_namespace: 'shop',
      },
      'payment',
      'shop',
      'destination_workload',
    ],
    [
      'a database of a server',
      {
        job: 'postgres-exporter',
        namespace: 'monitoring',
        pod: 'pg-exporter-7d9f8b6c5-x2x4z',
        datname: 'orders',
      },
      'orders',
      null,
      'datname',
    ],
    ['a topic', { job: 'kafka-exporter', topic: 'orders', partition: '1' }, 'orders', null, 'topic'],
    [
      'a server that an exporter asks',
      { job: 'redis-exporter', instance: 'redis://redis-cart:6379' },
      'redis-cart',
      null,
      'instance',
    ],
    [
      'a function of a cloud',
      { job: 'yace', name: 'arn:aws:lambda:eu-west-1:1:function:pay', dimension_FunctionName: 'pay' },
      'pay',
      null,
      'dimension_FunctionName',
    ],
    [
      'a pod under old label names',
      { job: 'kubernetes-pods', kubernetes_namespace: 'shop', kubernetes_pod_name: POD },
      'payment',
      'shop',
      'kubernetes_pod_name',
    ],
    [
      "OpenTelemetry's labels",
      { 'k8s.pod.name': POD, 'k8s.namespace.name': 'shop' },
      'payment',
      'shop',
      'k8s.pod.name',
    ],
    [
      'a service that is scraped itself',
      {
        job: 'checkout',
        service: 'checkout',
        endpoint: 'http',
        namespace: 'shop',
        pod: 'web-7d9f8b6c5-x2x4z',
      },
      'checkout',
      'shop',
      'service',
    ],
    ['the job of an OpenTelemetry source', { job: 'shop/payment' }, 'payment', 'shop', 'job'],
    [
      'a backend whose labels the operator left as they are',
      {
        job: 'ingress-nginx-metrics',
        endpoint: 'metrics',
        service: 'payment',
        namespace: 'shop',
        ingress: 'shop',
      },
      'payment',
      'shop',
      'service',
    ],
    [
      'a resource behind a collector',
      { job: 'otel-collector', service_name: 'payment', k8s_pod_name: 'pay-7d9f8b6c5-x2x4z' },
      'payment',
      null,
      'service_name',
    ],
    [
      'an address that is scraped as it is',
      { job: 'website', instance: 'https://a.example/' },
      'a.example',
      null,
      'instance',
    ],
    [
      'a service whose prober knows its name',
      { job: 'website', service: 'shop', instance: 'https://a.example/' },
      'shop',
      null,
      'service',
    ],
    [
      'a short address in its namespace',
      { service: 'payment.shop', namespace: 'shop' },
      'payment',
      'shop',
      'service',
    ],
    [
      'an alert that ships with the monitoring of Kubernetes',
      { alertname: 'KubeDeploymentReplicasMismatch', job: 'state', service: 'state', deployment: 'cart' },
      'cart',
      null,
      'deployment',
    ],
    [
      'an alert that ships with the monitoring of hosts',
      { alertname: 'NodeFilesystemSpaceFillingUp', job: 'linux', instance: '10.0.0.4:9100' },
      '10.0.0.4',
      null,
      'instance',
    ],
    [
      'the exporter itself',
      { alertname: 'Down', job: 'kube-state-metrics' },
      'kube-state-metrics',
      null,
      'job',
    ],
  ];
  for (const [what, labels, name, namespace, from] of CASES) {
    it(`are of ${what}`, () => {
      const found = who(labels);
      assert.deepEqual([found.name, found.namespace, found.from], [name, namespace, from]);
    });
  }

  it('are known for an exporter by the metrics of the expression, whatever its job is called', () => {
    const labels = { job: 'state-eu', namespace: 'shop', pod: POD };
    assert.equal(who(labels).name, 'state-eu');
    const expression = 'increase(kube_pod_container_status_restarts_total[5m]) > 3';
    assert.equal(who(labels, expression).name, 'payment');
  });

  it('say where the service is', () => {
    const { cluster, namespace } = who({
      service: 'a',
      k8s_cluster_name: 'eu-1',
      kubernetes_namespace: 'shop',
    });
    assert.deepEqual([cluster, namespace], ['eu-1', 'shop']);
    assert.equal(who({ service: 'a', namespace: 'AWS/Lambda' }).namespace, null);
  });

  const name = fc.stringMatching(/^[a-z][a-z]{2,8}(-[a-z]{3,8})?$/);
  const hash = fc.stringMatching(/^[bcdfghjklmnpqrstvwxz2456789]{9}-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  /** Ways to tell of one workload, each with the labels of its exporter. */
  const toldOf = fc
    .tuple(
      name,
      hash,
      fc.nat(20),
      fc.constantFrom('pod', 'ordinal', 'deployment', 'claim', 'exported', 'called'),
    )
    .map(([service, random, ordinal, way]): [string, Labels] => {
      const labels: Record<typeof way, Labels> = {
        pod: { pod: `${service}-${random}` },
        ordinal: { pod: `${service}-${ordinal}` },
        deployment: { deployment: service },
        claim: { persistentvolumeclaim: `data-${service}-${ordinal}` },
        exported: { exported_pod: `${service}-${random}`, pod: 'kps-kube-state-metrics-0' },
        called: { destination_workload: service, source_workload: 'frontend' },
      };
      return [service, { ...KSM, namespace: 'shop', ...labels[way] }];
    });

  it('are the same in whatever order the labels come', () => {
    fc.assert(
      fc.property(toldOf, fc.infiniteStream(fc.nat()), ([service, labels], order) => {
        const shuffled = Object.entries(labels)
          .map((entry) => [order.next().value as number, entry] as const)
          .sort(([a], [b]) => a - b)
          .map(([, entry]) => entry);
        assert.deepEqual(who(Object.fromEntries(shuffled)), who(labels));
        assert.equal(who(labels).name, service);
      }),
    );
  });

  it('are the same when labels of the scrape are missing, or others are there', () => {
    const others = fc.dictionary(
      fc.constantFrom('severity', 'team', 'reason', 'uid', 'prometheus', 'device'),
      name,
    );
    fc.assert(
      fc.property(
        toldOf,
        fc.subarray(['service', 'endpoint', 'instance']),
        others,
        ([service, labels], gone, more) => {
          const kept = Object.fromEntries(Object.entries(labels).filter(([label]) => !gone.includes(label)));
          assert.equal(who({ ...kept, ...more }).name, service);
        },
      ),
    );
  });

  it('follow a workload that is renamed, and never take two for one', () => {
    fc.assert(
      fc.property(toldOf, name, ([service, labels], other) => {
        fc.pre(canonicalName(other) !== canonicalName(service));
        const renamed = Object.fromEntries(
          Object.entries(labels).map(([label, value]) =>
            label in KSM || label === 'source_workload' || !value.includes(service)
              ? [label, value]
              : [label, value.replace(service, other)],
          ),
        );
        assert.ok(!isSameName(who(labels).name, who(renamed).name));
      }),
    );
  });

  it('are read of anything without an error', () => {
    const anything = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('pod', 'job', 'instance', 'toString')),
      fc.string(),
    );
    fc.assert(fc.property(anything, fc.string(), (labels, expression) => void who(labels, expression)));
  });
});
