import type { ConditionKind } from '../../model/condition.js';

/*
 * A cluster in which each service has a trouble of its own, written through the API as people, controllers and kubelets
 * write it (Kubernetes v1.36).
 */

/** One request to the API server. */
export interface Write {
  method: 'POST' | 'PATCH' | 'DELETE';
  path: string;
  body: object;
}

/** What nobody may ever find in what is read: values of secrets and settings. */
export const PLANTED = [
  'hunter2-of-the-secret',
  'value-of-the-setting',
  'pa55-in-an-event',
  'pa55-of-the-env',
];

/** Which condition is to be told of which service. */
export const TROUBLES: [service: string, kind: ConditionKind][] = [
  ['payment', 'crash-loop'],
  ['cart', 'out-of-memory'],
  ['catalog', 'image-pull'],
  ['checkout', 'start-failed'],
  ['search', 'unschedulable'],
  ['mail', 'evicted'],
  ['stock', 'probe-failing'],
  ['stock', 'no-endpoints'],
  ['ads', 'probe-failing'],
  ['reviews', 'not-ready'],
  ['orders', 'quota-exceeded'],
  ['users', 'scaled-to-zero'],
  ['front', 'at-scale-limit'],
  ['shipping', 'rollout-stuck'],
  ['gateway', 'selects-nothing'],
  ['ledger', 'traffic-denied'],
  ['report', 'job-failed'],
  ['db', 'volume-failed'],
  ['auth', 'certificate-expired'],
];

export const SERVICES = [...new Set(TROUBLES.map(([service]) => service))];

export const NS = 'shop';
export const APPS = `/apis/apps/v1/namespaces`;

/** `now` is in unix seconds. The beginnings are told from it: the trouble began two minutes before. */
export function scenario(now: number): Write[] {
  const at = (secondsAgo: number): string =>
    new Date((now - secondsAgo) * 1000).toISOString().replace(/\.\d+/, '');
  return [
    ...['shop', 'shop-staging'].map((name) => create('/api/v1/namespaces', { metadata: { name } })),
    ...nodes(at),
    ...SERVICES.filter((name) => name !== 'db' && name !== 'report').flatMap((name) => deployment(name)),
    ...podTroubles(at),
    ...workloadTroubles(at),
    ...routing(at),
    ...settings(),
    // The copy of another environment, with a trouble of its own.
    ...deployment('payment', 'shop-staging'),
    ...pod('payment', { containerStatuses: [crashing(at)] }, 'shop-staging'),
  ];
}

export type At = (secondsAgo: number) => string;

export function create(path: string, body: object): Write {
  return { method: 'POST', path, body };
}

export function patchStatus(path: string, status: object): Write {
  return { method: 'PATCH', path: `${path}/status`, body: { status } };
}

export const labelsOf = (name: string): Record<string, string> => ({ 'app.kubernetes.io/name': name });

export function template(name: string, image: string): object {
  const env = [{ name: 'TOKEN', value: PLANTED[3] }];
  const envFrom = [{ configMapRef: { name: `${name}-config` } }, { secretRef: { name: `${name}-key` } }];
  return {
    metadata: { labels: labelsOf(name) },
    spec: {
      containers: [{ name: 'app', image, env, envFrom, ports: [{ name: 'http', containerPort: 8080 }] }],
    },
  };
}

export function deployment(name: string, namespace = NS): Write[] {
  const selector = { matchLabels: labelsOf(name) };
  const of = (version: string) => template(name, `registry.example/${name}:${version}`);
  const set = (hash: string, version: string, revision: string, replicas: number): Write =>
    create(`${APPS}/${namespace}/replicasets`, {
      metadata: {
        name: `${name}-${hash}`,
        labels: labelsOf(name),
        annotations: { 'deployment.kubernetes.io/revision': revision },
        ownerReferences: [owner('apps/v1', 'Deployment', name)],
      },
      spec: { replicas, selector, template: of(version) },
    });
  return [
    create(`${APPS}/${namespace}/deployments`, {
      metadata: { name, labels: labelsOf(name) },
      spec: { replicas: 2, selector, template: of('1.2.3') },
    }),
    set('6b9f7c8d54', '1.2.2', '1', 0),
    set('7d9f8b6c5f', '1.2.3', '2', 2),
  ];
}

export function owner(apiVersion: string, kind: string, name: string): object {
  return { apiVersion, kind, name, uid: `uid-of-${kind}-${name}`, controller: true };
}

export function pod(
  name: string,
  status: object,
  namespace = NS,
  more: { pod?: string; node?: string } = {},
): Write[] {
  const { pod: called = `${name}-7d9f8b6c5f-x2x4z`, node } = more;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  return [
    create(path, {
      metadata: {
        name: called,
        labels: { ...labelsOf(name), 'pod-template-hash': '7d9f8b6c5f' },
        ownerReferences: [owner('apps/v1', 'ReplicaSet', `${name}-7d9f8b6c5f`)],
      },
      spec: {
        ...(node !== undefined && { nodeName: node }),
        containers: [
          {
            name: 'app',
            image: `registry.example/${name}:1.2.3`,
            ports: [{ name: 'http', containerPort: 8080 }],
          },
        ],
      },
    }),
    patchStatus(`${path}/${called}`, { phase: 'Running', ...status }),
  ];
}

export const condition = (type: string, status: string, time: string, more: object = {}): object => ({
  ...{ type, status, lastTransitionTime: time },
  ...more,
});

export function containerOf(state: object, more: object = {}): object {
  const image = { image: 'registry.example/app:1.2.3', imageID: '' };
  return { name: 'app', ready: false, restartCount: 0, ...image, state, ...more };
}

function ended(at: At, exitCode: number, reason: string): object {
  return { terminated: { exitCode, reason, startedAt: at(110), finishedAt: at(100) } };
}

function crashing(at: At): object {
  const message = 'back-off 40s restarting failed container=app pod=payment';
  const waiting = { waiting: { reason: 'CrashLoopBackOff', message } };
  return containerOf(waiting, { restartCount: 4, lastState: ended(at, 1, 'Error') });
}

const notReady = (at: At, seconds = 120): object[] => [
  condition('Ready', 'False', at(seconds), {
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [app]',
  }),
];

export function event(
  object: { kind: string; name: string },
  reason: string,
  message: string,
  at: At,
): Write {
  return create(`/api/v1/namespaces/${NS}/events`, {
    metadata: { name: `${object.name}.${reason.toLowerCase()}` },
    ...{ reason, message, type: 'Warning', count: 6, firstTimestamp: at(125), lastTimestamp: at(20) },
    involvedObject: { namespace: NS, ...object },
    source: { component: 'kubelet' },
  });
}

function podTroubles(at: At): Write[] {
  const waiting = (reason: string, message: string): object => containerOf({ waiting: { reason, message } });
  const broken = { conditions: notReady(at) };
  const running = { running: { startedAt: at(90) } };
  const podOf = (name: string) => ({ kind: 'Pod', name: `${name}-7d9f8b6c5f-x2x4z` });
  return [
    ...pod('payment', { ...broken, containerStatuses: [crashing(at)] }, NS, { node: 'node-2' }),
    event(
      podOf('payment'),
      'BackOff',
      `Back-off restarting failed container app, password=${PLANTED[2]}`,
      at,
    ),
    ...pod('cart', {
      ...broken,
      containerStatuses: [containerOf(running, { restartCount: 1, lastState: ended(at, 137, 'OOMKilled') })],
    }),
    ...pod('catalog', {
      ...{ phase: 'Pending', ...broken },
      containerStatuses: [
        waiting('ImagePullBackOff', 'Back-off pulling image "registry.example/catalog:1.2.3"'),
      ],
    }),
    ...pod('checkout', {
      ...{ phase: 'Pending', ...broken },
      containerStatuses: [waiting('CreateContainerConfigError', 'configmap "checkout-config" not found')],
    }),
    ...pod('search', {
      phase: 'Pending',
      conditions: [
        condition('PodScheduled', 'False', at(120), {
          reason: 'Unschedulable',
          message: '0/2 nodes are available: 2 Insufficient memory.',
        }),
      ],
    }),
    ...pod('mail', {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      startTime: at(900),
      conditions: [
        condition('DisruptionTarget', 'True', at(118), {
          reason: 'TerminationByKubelet',
          message: 'low on memory',
        }),
      ],
    }),
    ...pod('stock', { ...broken, containerStatuses: [containerOf(running)] }, NS, { node: 'node-1' }),
    event(podOf('stock'), 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', at),
    ...pod('ads', {
      ...broken,
      containerStatuses: [
        containerOf(
          { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
          { restartCount: 5, lastState: ended(at, 137, 'Error') },
        ),
      ],
    }),
    event(podOf('ads'), 'Unhealthy', 'Liveness probe failed: context deadline exceeded', at),
    ...pod('reviews', { ...broken, containerStatuses: [containerOf(running)] }),
    ...pod('ledger', {
      conditions: [condition('Ready', 'True', at(7200))],
      containerStatuses: [containerOf(running, { ready: true })],
    }),
    ...pod('front', {
      conditions: [condition('Ready', 'True', at(7200))],
      containerStatuses: [containerOf(running, { ready: true })],
    }),
  ];
}

function workloadTroubles(at: At): Write[] {
  const autoscaler = `/apis/autoscaling/v2/namespaces/${NS}/horizontalpodautoscalers`;
  const message =
    'pods "orders-7d9f8b6c5f-" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi, used: limits.memory=8Gi, limited: limits.memory=8Gi';
  const jobs = `/apis/batch/v1/namespaces/${NS}/jobs`;
  const claims = `/api/v1/namespaces/${NS}/persistentvolumeclaims`;
  return [
    patchStatus(`${APPS}/${NS}/replicasets/orders-7d9f8b6c5f`, {
      replicas: 0,
      conditions: [condition('ReplicaFailure', 'True', at(120), { reason: 'FailedCreate', message })],
    }),
    event(
      { kind: 'ReplicaSet', name: 'orders-7d9f8b6c5f' },
      'FailedCreate',
      `Error creating: ${message}`,
      at,
    ),
    { method: 'PATCH', path: `${APPS}/${NS}/deployments/users/scale`, body: { spec: { replicas: 0 } } },
    // The controller follows.
    { method: 'PATCH', path: `${APPS}/${NS}/replicasets/users-7d9f8b6c5f`, body: { spec: { replicas: 0 } } },
    create(autoscaler, {
      metadata: { name: 'front' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'front' },
        minReplicas: 1,
        maxReplicas: 4,
      },
    }),
    patchStatus(`${autoscaler}/front`, {
      ...{ currentReplicas: 4, desiredReplicas: 4 },
      conditions: [
        condition('ScalingLimited', 'True', at(120), {
          reason: 'TooManyReplicas',
          message: 'the desired replica count is more than the maximum replica count',
        }),
      ],
    }),
    patchStatus(`${APPS}/${NS}/deployments/shipping`, {
      conditions: [
        condition('Progressing', 'False', at(60), {
          reason: 'ProgressDeadlineExceeded',
          message: 'ReplicaSet "shipping-7d9f8b6c5f" has timed out progressing.',
        }),
      ],
    }),
    create(jobs, {
      metadata: { name: 'report-29401500', ownerReferences: [owner('batch/v1', 'CronJob', 'report')] },
      spec: {
        backoffLimit: 2,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'registry.example/report:9' }] },
        },
      },
    }),
    patchStatus(`${jobs}/report-29401500`, {
      ...{ startTime: at(300), failed: 3 },
      conditions: ['FailureTarget', 'Failed'].map((type) =>
        condition(type, 'True', at(120), {
          reason: 'BackoffLimitExceeded',
          message: 'Job has reached the specified backoff limit',
        }),
      ),
    }),
    create(`${APPS}/${NS}/statefulsets`, {
      metadata: { name: 'db', labels: labelsOf('db') },
      spec: {
        serviceName: 'db',
        replicas: 1,
        selector: { matchLabels: labelsOf('db') },
        template: template('db', 'postgres:16'),
      },
    }),
    ...['postgres:15', 'postgres:16'].map((image, i) =>
      create(`${APPS}/${NS}/controllerrevisions`, {
        metadata: {
          name: `db-${i}`,
          labels: labelsOf('db'),
          ownerReferences: [owner('apps/v1', 'StatefulSet', 'db')],
        },
        data: { spec: { template: { ...template('db', image), $patch: 'replace' } } },
        revision: i + 1,
      }),
    ),
    create(claims, {
      metadata: { name: 'data-db-0', labels: labelsOf('db') },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    }),
    patchStatus(`${claims}/data-db-0`, { phase: 'Lost' }),
    event({ kind: 'Pod', name: 'db-0' }, 'FailedAttachVolume', 'Multi-Attach error for volume "pvc-1"', at),
  ];
}

function routing(at: At): Write[] {
  const services = `/api/v1/namespaces/${NS}/services`;
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${NS}/endpointslices`;
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  const certificates = `/apis/cert-manager.io/v1/namespaces/${NS}/certificates`;
  return [
    create(services, { metadata: { name: 'stock' }, spec: { selector: labelsOf('stock'), ports } }),
    create(slices, {
      metadata: {
        name: 'stock-abcde',
        labels: { 'kubernetes.io/service-name': 'stock' },
        annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': at(119) },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.7'], conditions: { ready: false } }],
      ports: [{ name: 'http', port: 8080 }],
    }),
    create(services, { metadata: { name: 'gateway' }, spec: { selector: { app: 'gateway-v2' }, ports } }),
    create(services, { metadata: { name: 'ledger' }, spec: { selector: labelsOf('ledger'), ports } }),
    create(slices, {
      metadata: { name: 'ledger-abcde', labels: { 'kubernetes.io/service-name': 'ledger' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.8'], conditions: { ready: true } }],
      ports: [{ name: 'http', port: 8080 }],
    }),
    create(`/apis/networking.k8s.io/v1/namespaces/${NS}/networkpolicies`, {
      metadata: { name: 'ledger-only-audit' },
      spec: {
        podSelector: { matchLabels: labelsOf('ledger') },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: labelsOf('audit') } }] }],
      },
    }),
    create(certificates, {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'auth-tls' },
      spec: { dnsNames: ['auth.shop.svc'], secretName: 'auth-tls', issuerRef: { name: 'ca' } },
    }),
    patchStatus(`${certificates}/auth-tls`, {
      notAfter: at(120),
      conditions: [
        condition('Ready', 'False', at(120), { reason: 'Expired', message: 'Certificate expired' }),
      ],
    }),
  ];
}

function nodes(at: At): Write[] {
  const node = (name: string, conditions: object[]): Write[] => [
    create('/api/v1/nodes', { metadata: { name } }),
    patchStatus(`/api/v1/nodes/${name}`, { conditions }),
  ];
  return [
    ...node('node-1', [
      condition('Ready', 'True', at(90_000), {
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
      }),
      condition('MemoryPressure', 'True', at(130), {
        reason: 'KubeletHasInsufficientMemory',
        message: 'kubelet has insufficient memory available',
      }),
    ]),
    ...node('node-2', [
      condition('Ready', 'Unknown', at(140), {
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      }),
    ]),
  ];
}

function settings(): Write[] {
  const shown = { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":{"key":"${PLANTED[0]}"}}` };
  return [
    create(`/api/v1/namespaces/${NS}/configmaps`, {
      metadata: { name: 'payment-config' },
      data: { mode: PLANTED[1] },
    }),
    create(`/api/v1/namespaces/${NS}/secrets`, {
      metadata: { name: 'cart-key', annotations: shown },
      type: 'Opaque',
      stringData: { key: PLANTED[0] },
    }),
    create(`/api/v1/namespaces/${NS}/events`, {
      metadata: { name: 'ads.scaled' },
      ...{
        reason: 'ScalingReplicaSet',
        message: 'Scaled up replica set ads-5c8d7f9b64 from 2 to 5',
        type: 'Normal',
      },
      involvedObject: { kind: 'Deployment', namespace: NS, name: 'ads' },
      source: { component: 'deployment-controller' },
    }),
  ];
}

/** The definition of cert-manager's certificates, as far as a server must know it. */
export const CERTIFICATES: Write = create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
  metadata: { name: 'certificates.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: { kind: 'Certificate', plural: 'certificates', singular: 'certificate' },
    versions: [
      {
        ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
