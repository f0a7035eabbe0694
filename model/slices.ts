import { z } from 'zod';

/** By what the requests of one service are told apart. */
export const sliceDimension = z.enum(['version', 'instance', 'node', 'zone', 'endpoint']);
export type SliceDimension = z.infer<typeof sliceDimension>;

/**
 * Labels that tell each dimension, the best first: the first by which a service's series differ is read.
 */
export const SLICE_LABELS: Readonly<Record<SliceDimension, readonly string[]>> = {
  version: [
    ...['service_version', 'version', 'app_kubernetes_io_version', 'label_app_kubernetes_io_version'],
    ...['destination_version', 'destination_canonical_revision', 'app_version', 'image_tag', 'release'],
    ...['git_sha', 'git_commit', 'revision', 'rollouts_pod_template_hash', 'pod_template_hash'],
  ],
  instance: [
    ...['pod', 'k8s_pod_name', 'kubernetes_pod_name', 'pod_name', 'exported_pod', 'destination_pod'],
    ...['service_instance_id', 'exported_instance', 'instance'],
  ],
  node: [
    'node',
    'k8s_node_name',
    'kubernetes_node',
    'kubernetes_io_hostname',
    'node_name',
    'host_name',
    'nodename',
  ],
  zone: [
    ...['topology_kubernetes_io_zone', 'label_topology_kubernetes_io_zone', 'zone', 'availability_zone'],
    ...['cloud_availability_zone', 'failure_domain_beta_kubernetes_io_zone', 'az'],
    ...['topology_kubernetes_io_region', 'cloud_region', 'region', 'datacenter', 'dc'],
  ],
  endpoint: [
    ...['http_route', 'route', 'uri', 'endpoint_name', 'handler', 'rpc_method', 'grpc_method', 'span_name'],
    ...[
      'operation',
      'controller',
      'view',
      'path',
      'url_path',
      'http_target',
      'request_path',
      'path_template',
    ],
  ],
};

/** Labels that say what is done at an endpoint, and the labels of endpoints before which they are written. */
export const ENDPOINT_PREFIXES: readonly { labels: readonly string[]; before: readonly string[] }[] = [
  {
    labels: ['http_request_method', 'http_method', 'method', 'verb'],
    before: [
      'http_route',
      'route',
      'uri',
      'handler',
      'path',
      'url_path',
      'http_target',
      'request_path',
      'path_template',
    ],
  },
  { labels: ['grpc_service', 'rpc_service'], before: ['grpc_method', 'rpc_method'] },
];

/** What was counted of one slice in each bin of time; NaN where nothing was there. */
export interface Slice {
  /** `2.31`, `GET /cart`, without secrets; empty for all further values together. */
  value: string;
  requests: Float64Array;
  /** Seconds that they took in sum; null where nothing times them by this label. */
  seconds: Float64Array | null;
  /** Requests that failed; null where nothing tells how they ended. */
  failed: Float64Array | null;
}

/** The requests of one service told apart by one label. */
export interface SlicedRequests {
  dimension: SliceDimension;
  /** `service_version`, or several that are read as one: `method, route`. */
  label: string;
  /** PromQL to paste: seconds by request, and the share of requests that failed; null where nothing tells it. */
  queries: { time: string | null; failures: string | null };
  source: string;
  /** At least two. */
  slices: Slice[];
  /** Values that are not among the slices: their requests are in the one whose value is empty. */
  further: number;
  /** The value that the alert itself names. */
  named: string | null;
}

/** All that was read of one service's slices. */
export interface SliceTable {
  service: string;
  /** Ends of the bins, unix seconds, ascending. */
  times: Float64Array;
  /** Seconds that one bin covers. */
  binSeconds: number;
  dimensions: SlicedRequests[];
}

/** What the slices of one dimension say of a service that deviates. */
export const sliceFinding = z.object({
  service: z.string(),
  dimension: sliceDimension,
  label: z.string(),
  /** Whether time or failures are compared. */
  measure: z.enum(['time', 'failures']),
  /**
   * `concentrated`: what was lost is in one or a few slices, and others are as before. `alike`: all slices suffer.
   * `mixed`: some suffer more, none is well. `unknown`: there are too few requests to tell.
   */
  outcome: z.enum(['concentrated', 'alike', 'mixed', 'unknown']),
  /** The slices in which the loss is, where it is concentrated. */
  bad: z.array(z.string()),
  /** `Only version 2.31 of payment is slower: ...` */
  statement: z.string(),
  /** Those that lost most first; at most five. */
  slices: z
    .array(
      z.object({
        /** Empty for all further values together. */
        value: z.string(),
        /** Shares of the requests since the beginning, and of what was lost, 0..1. */
        requestShare: z.number().min(0).max(1),
        lossShare: z.number().min(0).max(1),
        /** Seconds by request, or share of the requests that failed; null where there were none. */
        before: z.number().nullable(),
        after: z.number().nullable(),
      }),
    )
    .max(5),
  /** How many slices there are, those that are listed included. */
  count: z.number().int().nonnegative(),
  /** PromQL that shows it, and who answers it. */
  query: z.string(),
  source: z.string(),
});
export type SliceFinding = z.infer<typeof sliceFinding>;
