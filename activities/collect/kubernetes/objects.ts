import { z } from 'zod';

/*
 * What is read of the objects of Kubernetes, as its API writes them (v1.36). Everything else of them is left where it
 * is. All but names is optional in the API, and fields that are empty are left out of its answers.
 */

/** An RFC 3339 time as unix seconds. */
export const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text) / 1000);
const optionalTime = time.nullish().transform((seconds) => seconds ?? null);
const words = z
  .record(z.string(), z.string())
  .nullish()
  .transform((record) => record ?? {});
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const list = <T extends z.ZodType>(one: T) =>
  z
    .array(one)
    .nullish()
    .transform((items) => items ?? []);

const ownerReference = z.object({ kind: z.string(), name: z.string(), controller: z.boolean().nullish() });

const managedFields = z.object({
  manager: text,
  operation: text,
  time: optionalTime,
  subresource: text,
  fieldsV1: z.unknown().optional(),
});

/** Name, owners and who wrote which fields when; never content. */
export const metadata = z.object({
  name: z.string(),
  namespace: text,
  resourceVersion: text,
  creationTimestamp: optionalTime,
  labels: words,
  annotations: words,
  ownerReferences: list(ownerReference),
  managedFields: list(managedFields),
});
export type Metadata = z.infer<typeof metadata>;

/** Annotations are not taken in: kubectl writes the last applied content into one, that of secrets included. */
export const metadataOnly = z.object({ metadata: metadata.omit({ annotations: true }) });
export type MetadataOnly = z.infer<typeof metadataOnly>;

/** A condition of an object's own status. */
const statusCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: text,
  message: text,
  lastTransitionTime: optionalTime,
});
export type StatusCondition = z.infer<typeof statusCondition>;

const selector = z.object({
  matchLabels: words,
  matchExpressions: list(z.object({ key: z.string(), operator: z.string(), values: list(z.string()) })),
});
export type Selector = z.infer<typeof selector>;

const terminated = z.object({
  exitCode: number,
  reason: text,
  message: text,
  startedAt: optionalTime,
  finishedAt: optionalTime,
});

const containerStatus = z.object({
  name: z.string(),
  image: text,
  ready: z.boolean().nullish(),
  restartCount: number,
  state: z
    .object({
      waiting: z.object({ reason: text, message: text }).nullish(),
      running: z.object({ startedAt: optionalTime }).nullish(),
      terminated: terminated.nullish(),
    })
    .nullish(),
  lastState: z.object({ terminated: terminated.nullish() }).nullish(),
});
export type ContainerStatus = z.infer<typeof containerStatus>;

const container = z.object({
  name: z.string(),
  image: text,
  ports: list(z.object({ name: text, containerPort: z.number() })),
});

export const pod = z.object({
  metadata,
  spec: z.object({ nodeName: text, containers: list(container) }),
  status: z.object({
    phase: text,
    reason: text,
    message: text,
    startTime: optionalTime,
    conditions: list(statusCondition),
    containerStatuses: list(containerStatus),
    initContainerStatuses: list(containerStatus),
  }),
});
export type Pod = z.infer<typeof pod>;

/** Fields of a pod's template are compared, and followed to the settings that they name; nothing of them is kept. */
const template = z
  .object({
    metadata: z.object({ labels: words, annotations: words }).nullish(),
    spec: z.looseObject({ containers: list(z.looseObject({ name: z.string(), image: text })) }),
  })
  .nullish();
export type Template = NonNullable<z.infer<typeof template>>;

/** Deployment, ReplicaSet, StatefulSet and DaemonSet: what they have in common, and what only some have. */
export const workload = z.object({
  metadata,
  spec: z.object({
    replicas: z.number().nullish(),
    progressDeadlineSeconds: z.number().nullish(),
    template,
  }),
  status: z
    .object({
      replicas: number,
      readyReplicas: number,
      availableReplicas: number,
      conditions: list(statusCondition),
    })
    .nullish(),
});
export type Workload = z.infer<typeof workload>;

/** What a stateful set or a daemon set was, at one of its rollouts. */
export const controllerRevision = z.object({
  metadata,
  revision: number,
  data: z.object({ spec: z.object({ template }).nullish() }).nullish(),
});
export type ControllerRevision = z.infer<typeof controllerRevision>;

export const job = z.object({
  metadata,
  status: z.object({ failed: number, conditions: list(statusCondition) }).nullish(),
});
export type Job = z.infer<typeof job>;

export const autoscaler = z.object({
  metadata,
  spec: z.object({
    scaleTargetRef: z.object({ kind: z.string(), name: z.string() }),
    maxReplicas: z.number(),
  }),
  status: z
    .object({ currentReplicas: number, desiredReplicas: number, conditions: list(statusCondition) })
    .nullish(),
});
export type Autoscaler = z.infer<typeof autoscaler>;

export const service = z.object({
  metadata,
  spec: z.object({
    type: text,
    selector: words,
    ports: list(
      z.object({ name: text, port: z.number(), targetPort: z.union([z.number(), z.string()]).nullish() }),
    ),
  }),
});
export type Service = z.infer<typeof service>;

export const endpointSlice = z.object({
  metadata,
  endpoints: list(
    z.object({
      conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
      addresses: list(z.string()),
    }),
  ),
  ports: list(z.object({ name: text, port: z.number().nullish() })),
});
export type EndpointSlice = z.infer<typeof endpointSlice>;

const peer = z.object({
  podSelector: selector.nullish(),
  namespaceSelector: selector.nullish(),
  ipBlock: z.unknown().optional(),
});
export type Peer = z.infer<typeof peer>;

/** An empty list of peers admits everybody; ports only narrow what a rule admits. */
export const networkPolicy = z.object({
  metadata,
  spec: z.object({
    podSelector: selector.nullish(),
    policyTypes: list(z.string()),
    ingress: list(z.object({ from: list(peer) })),
    egress: list(z.object({ to: list(peer) })),
  }),
});
export type NetworkPolicy = z.infer<typeof networkPolicy>;

export const event = z.object({
  metadata,
  type: text,
  reason: text,
  message: text,
  count: z.number().nullish(),
  firstTimestamp: optionalTime,
  lastTimestamp: optionalTime,
  /** Of newer reporters, which leave the three above empty. */
  eventTime: optionalTime,
  series: z.object({ count: number, lastObservedTime: optionalTime }).nullish(),
  involvedObject: z.object({ kind: text, namespace: text, name: text }),
});
export type Event = z.infer<typeof event>;

export const claim = z.object({
  metadata,
  status: z.object({ phase: text }).nullish(),
});
export type Claim = z.infer<typeof claim>;

export const node = z.object({ metadata, status: z.object({ conditions: list(statusCondition) }) });
export type Node = z.infer<typeof node>;

/** Of cert-manager. */
export const certificate = z.object({
  metadata,
  spec: z.object({ dnsNames: list(z.string()) }),
  status: z.object({ notAfter: optionalTime, conditions: list(statusCondition) }).nullish(),
});
export type Certificate = z.infer<typeof certificate>;
