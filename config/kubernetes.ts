import { z } from 'zod';
import { filePath, outgoingAuth, seconds, secret, serverUrl, tls } from './primitives.js';

const shared = {
  /** Name in reports and gaps. */
  name: z.string().min(1),
  /**
   * Namespaces that are read; when left out, those in which a workload of the diagnosed services is found. Then the
   * names of all workloads are listed, which needs a ClusterRole.
   */
  namespaces: z.array(z.string().min(1)).max(20).default([]),
  /** How long one request may take. */
  timeoutSeconds: seconds.default(10),
};

const kubernetesSource = z.discriminatedUnion('type', [
  /** The cluster in which the worker runs, by the service account of its pod. */
  z.strictObject({ type: z.literal('in-cluster'), ...shared }),
  /** A cluster as kubectl knows it, with all ways of kubeconfig files to log in. */
  z.strictObject({
    type: z.literal('kubeconfig'),
    ...shared,
    /** @default KUBECONFIG, else the file of the user's own kubectl */
    file: filePath.optional(),
    /** @default the current context of the file */
    context: z.string().min(1).optional(),
  }),
  /** An API server at an address. */
  z.strictObject({
    type: z.literal('address'),
    ...shared,
    url: serverUrl,
    auth: outgoingAuth.default({ type: 'none' }),
    tls,
    headers: z.record(z.string(), secret).default({}),
  }),
]);
export type KubernetesConfig = z.infer<typeof kubernetesSource>;

/** Clusters whose objects and events are read. */
export const kubernetes = z.array(kubernetesSource).default([]);
