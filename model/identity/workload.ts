/*
 * Kubernetes names what it makes after what it was made for: the workload is read off the name.
 */

/** The letters of which Kubernetes makes the random parts of names: no vowels, and no digits that look like them. */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';

/** `-<replica set>-<pod>` of a Deployment. */
const OF_DEPLOYMENT = new RegExp(`-${RANDOM}{6,10}-${RANDOM}{5}$`);
/** The same with other letters: digits tell a hash from a word, two in the first part or one in each. */
const OF_OTHER_HASH = /-(?=(?:[a-z]*\d){2})[a-z0-9]{6,10}-[a-z0-9]{5}$/;
const OF_SHORT_HASH = /-(?=[a-z]*\d)[a-z0-9]{4,10}-(?=[a-z]*\d)[a-z0-9]{5}$/;
/** `-<minute or second>-<pod>` of a Job that a CronJob made, and without the pod the Job itself. */
const OF_CRON_JOB = new RegExp(`-\\d{8,10}(-${RANDOM}{5})?$`);
/** `-<pod>` of a DaemonSet or a Job. */
const OF_DAEMON_SET = new RegExp(`-${RANDOM}{5}$`);
/** `-<ordinal>` of a StatefulSet. */
const OF_STATEFUL_SET = /-\d{1,4}$/;

const POD_ENDINGS = [
  OF_CRON_JOB,
  OF_DEPLOYMENT,
  OF_OTHER_HASH,
  OF_SHORT_HASH,
  OF_DAEMON_SET,
  OF_STATEFUL_SET,
];

/** `payment` for `payment-7d9f8b6c5-x2x4z`, `postgres` for `postgres-0`, `report` for `report-28391040-x2x4z`. */
export function workloadOfPod(pod: string): string {
  return withoutEnding(pod, POD_ENDINGS);
}

/** `payment` for the ReplicaSet `payment-7d9f8b6c5`. */
export function workloadOfReplicaSet(replicaSet: string): string {
  return withoutEnding(replicaSet, [new RegExp(`-${RANDOM}{6,10}$`), /-(?=[a-z0-9]*\d)[a-z0-9]{4,10}$/]);
}

/** `report` for the Job `report-28391040` of a CronJob; any other Job's own name. */
export function workloadOfJob(job: string): string {
  return withoutEnding(job, [OF_CRON_JOB]);
}

/** Names of volumes that say nothing of whose they are; a StatefulSet's claim is `<volume>-<workload>-<ordinal>`. */
const VOLUME =
  /^([a-z0-9]+-)?(data|pgdata|datadir|storage|volume|vol|pvc|claim|persistence|www|wal|logs?|config|cache|home)(-volume|-storage)?-(?=.+-\d+$)/;

/** `postgres` for the claim `data-postgres-0`; a claim of another form keeps its name. */
export function workloadOfClaim(claim: string): string {
  // A volume that is called after its workload: orders-orders-0, and the Prometheus operator's kps-db-kps-0.
  const repeated = /^(.+?)(?:-db)?-\1-\d+$/.exec(claim);
  if (repeated) return repeated[1]!;
  return withoutEnding(claim.replace(VOLUME, ''), [OF_STATEFUL_SET]);
}

function withoutEnding(name: string, endings: readonly RegExp[]): string {
  const ending = endings.find((one) => one.test(name) && name.replace(one, '') !== '');
  return ending ? name.replace(ending, '') : name;
}
