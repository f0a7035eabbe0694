import type { Config } from '../../config/schema.js';
import { BadInput } from '../../client/errors.js';
import { openTemporal, type Temporal, type TemporalOptions } from '../../client/temporal.js';
import { readSearchAttributes } from '../dev/search-attributes.js';
import { isOlder } from '../dev/temporal-binary.js';
import { differingStores, POLLS_WITHIN_SECONDS, readPollers, SHARE_ONE_STORE } from '../pollers.js';
import { examineHeartbeats } from './heartbeats.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

const DEADLINE_MS = 4000;

/** Update-with-start, by which alerts reach their workflow. */
const MINIMUM_SERVER = '1.28.0';

/**
 * Whether Temporal answers, with namespace and search attributes, a worker takes the work, and when each heartbeat was
 * last heard of.
 */
export async function examineTemporal(
  options: TemporalOptions & { config?: Config | undefined },
): Promise<Finding[]> {
  let temporal: Temporal;
  try {
    temporal = openTemporal(options);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return [
      {
        area: 'temporal',
        subject: 'settings',
        ...failed(error.message, 'correct TEMPORAL_ADDRESS or the profile'),
      },
    ];
  }
  try {
    return await examine(temporal, options.config);
  } finally {
    await temporal.close();
  }
}

async function examine(temporal: Temporal, config: Config | undefined): Promise<Finding[]> {
  const { address, namespace } = temporal;
  const server = await told(() => serverVersion(temporal));
  const findings = [about(`server ${address}`, server)];
  // Without a server there is nothing further to say than the same again.
  if (server.status === 'failed') return findings;

  const home = await told(() => namespaceState(temporal));
  findings.push(about(`namespace '${namespace}'`, home));
  if (home.status === 'failed') return findings;

  findings.push(about('search attributes', await told(() => searchAttributes(temporal))));
  findings.push(about('workers', await told(() => pollers(temporal))));
  if (config) findings.push(...(await examineHeartbeats(temporal, config)));
  return findings;
}

function about(subject: string, what: Told): Finding {
  return { area: 'temporal', subject, ...what };
}

/** Errors of `call` are sentences that say what to do. */
async function told(look: () => Promise<Told>): Promise<Told> {
  try {
    return await look();
  } catch (error) {
    const [seen = '', ...remedies] = reasonOf(error).split('; ');
    return failed(seen, remedies.join('; ') || 'see the log of the server');
  }
}

async function serverVersion({ client, call }: Temporal): Promise<Told> {
  const { serverVersion: version } = await call(DEADLINE_MS, () =>
    client.connection.workflowService.getSystemInfo({}),
  );
  const seen = `version ${version || 'unknown'}`;
  return version !== '' && isOlder(version, MINIMUM_SERVER)
    ? failed(
        seen,
        `update the server to ${MINIMUM_SERVER} or newer: earlier versions have no update-with-start`,
      )
    : ok(seen);
}

async function namespaceState({ client, call, namespace }: Temporal): Promise<Told> {
  const { config } = await call(DEADLINE_MS, () =>
    client.connection.workflowService.describeNamespace({ namespace }),
  );
  const days = Math.round(Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400);
  return ok(`exists; keeps closed incidents for ${days === 1 ? 'a day' : `${days} days`}`);
}

async function searchAttributes({ client, call, namespace }: Temporal): Promise<Told> {
  const { present, missing, conflicts } = await call(DEADLINE_MS, () =>
    readSearchAttributes(client.connection, namespace),
  );
  if (conflicts.length > 0) {
    return failed(
      conflicts.join('; '),
      'remove or rename them (`temporal operator search-attribute`), or use a namespace of its own',
    );
  }
  return missing.length > 0
    ? failed(`missing: ${missing.join(', ')}`, 'register them: `faultline setup`')
    : ok(`all ${present.length} are registered`);
}

async function pollers(temporal: Temporal): Promise<Told> {
  const queues = await readPollers(temporal, DEADLINE_MS);
  const all = queues.flatMap(({ pollers }) => pollers);
  const start = 'start one: `faultline worker`';
  if (all.length === 0) return warning('no worker polls for tasks', start);
  const latest = Math.min(...all.map(({ secondsAgo }) => secondsAgo));
  if (latest > POLLS_WITHIN_SECONDS) return warning(`the last poll was ${Math.round(latest)} s ago`, start);
  const unpolled = queues.filter(
    ({ pollers }) => !pollers.some(({ secondsAgo }) => secondsAgo <= POLLS_WITHIN_SECONDS),
  );
  if (unpolled.length > 0) {
    const names = [...new Set(unpolled.map(({ taskQueue }) => `'${taskQueue}'`))].join(', ');
    return warning(
      `no worker polls task queue ${names}, so incidents wait there`,
      'all its workers may be busy; else see their logs, and start one: `faultline worker`',
    );
  }
  const different = differingStores(all);
  if (different !== null) return warning(different, SHARE_ONE_STORE);
  return ok(`${[...new Set(all.map(({ identity }) => identity))].join(', ')} polls for tasks`);
}
