import { workloadOfClaim, workloadOfJob, workloadOfPod, workloadOfReplicaSet } from './workload.js';

/*
 * Which labels speak of whom. Labels are looked up as `fact` (facts.ts) writes them: dots are underscores, and other
 * spellings of a label are known by the first one.
 */

/** Labels that a scrape adds: they name whoever was asked, which need not be whom the answer is about. */
export const SCRAPE_LABELS = [
  'job',
  'service',
  'container',
  'app',
  'component',
  'app_kubernetes_io_name',
  'k8s_app',
] as const;

/** How an object's label names a workload. */
export interface ObjectLabel {
  label: string;
  read: (value: string) => string;
}

const asItIs = (label: string): ObjectLabel => ({ label, read: (value) => value });

/** The called side of meshes and connectors. */
export const CALLED_LABELS: readonly ObjectLabel[] = [
  'destination_workload',
  'destination_canonical_service',
  'destination_app',
  'destination_service_name',
  'destination_service',
  'dst_deployment',
  'dst_statefulset',
  'dst_daemonset',
  'dst_workload',
  'dst_service',
].map(asItIs);

/** Labels of workloads, which only those set who mean the workload itself. */
export const WORKLOAD_LABELS: readonly ObjectLabel[] = [
  ...['deployment', 'statefulset', 'daemonset', 'cronjob', 'rollout', 'deploymentconfig'].map(asItIs),
  { label: 'job_name', read: workloadOfJob },
  ...['horizontalpodautoscaler', 'hpa', 'scaledobject', 'verticalpodautoscaler'].map(asItIs),
  { label: 'replicaset', read: workloadOfReplicaSet },
  asItIs('replicationcontroller'),
];

/** The pod is either the one that is measured or the exporter's own. */
export const POD_LABELS: readonly ObjectLabel[] = ['pod', 'pod_name'].map((label) => ({
  label,
  read: workloadOfPod,
}));

/** What belongs to a workload. */
export const BELONGING_LABELS: readonly ObjectLabel[] = [
  asItIs('poddisruptionbudget'),
  { label: 'persistentvolumeclaim', read: workloadOfClaim },
];

/** Other objects of exporters. In which namespace they are is not known. */
export const OTHER_LABELS = [
  'ingress',
  'topic',
  'queue',
  'datname',
  'database',
  'database_name',
  'keyspace',
  'consumergroup',
  'resourcequota',
];

export const HOST_LABELS = ['node', 'nodename', 'node_name', 'host', 'hostname'] as const;
/** Whom a prober called. */
export const PROBED_LABELS = ['target', 'url', 'instance', 'host'] as const;

/** What else may say where the trouble is, the most telling first. */
export const HINT_LABELS = ['workload', 'pod', 'container', 'instance', 'host', 'node'] as const;

/** Labels of namespaces and clusters, as scrapes, OpenTelemetry and Datadog call them. */
export const NAMESPACE_LABELS = [
  'namespace',
  'k8s_namespace_name',
  'kubernetes_namespace',
  'namespace_name',
  'kube_namespace',
  'pod_namespace',
] as const;
export const CALLED_NAMESPACE_LABELS = [
  'destination_workload_namespace',
  'destination_service_namespace',
  'dst_namespace',
] as const;
export const CLUSTER_LABELS = [
  'cluster',
  'k8s_cluster_name',
  'cluster_name',
  'kubernetes_cluster',
  'kube_cluster_name',
] as const;

/** Labels that metrics have for environments; those of alerts are `webhook.environmentLabels`. */
export const ENVIRONMENT_LABELS = [
  'environment',
  'env',
  'deployment_environment',
  'deployment_environment_name',
  'stage',
] as const;

/** Other spellings: those of OpenTelemetry, of older scrape configurations and of Datadog. */
export const SPELLINGS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    k8s_deployment_name: 'deployment',
    k8s_statefulset_name: 'statefulset',
    k8s_daemonset_name: 'daemonset',
    k8s_cronjob_name: 'cronjob',
    k8s_job_name: 'job_name',
    k8s_replicaset_name: 'replicaset',
    k8s_pod_name: 'pod',
    k8s_container_name: 'container',
    container_name: 'container',
    k8s_node_name: 'node',
    kubernetes_deployment_name: 'deployment',
    kubernetes_pod_name: 'pod',
    kubernetes_container_name: 'container',
    kubernetes_node: 'node',
    kubernetes_name: 'service',
    kube_service: 'service',
    kube_deployment: 'deployment',
    kube_stateful_set: 'statefulset',
    kube_daemon_set: 'daemonset',
    kube_cronjob: 'cronjob',
    kube_job: 'job_name',
  }),
);
