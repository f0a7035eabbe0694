import type { CliDependencies } from '../../client/cli/context.js';
import { systemErrorWords } from '../../client/cli/system-errors.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import { loadConfig, type LoadedConfig } from '../../config/load.js';
import { completeFromStore } from '../complete-from-store.js';
import { createLog } from '../log.js';
import { createReceiver } from '../receiver.js';
import { startStack } from '../stack.js';
import { runWorkerProcess } from '../run-worker.js';
import type { ProcessOptions, ZoneOption } from './process-commands.js';
import { runningServer, withPorts, type DevOptions, type PortOptions } from './process-options.js';
import { untilAskedToEnd } from './until-asked.js';

/** Runs Temporal, a worker and the receiver until they are asked to end, or one of them fails. */
export async function runDev(options: ProcessOptions & DevOptions, deps: CliDependencies): Promise<void> {
  const loaded = withPorts(await load(options, deps), options);
  say(deps, 'Starting Temporal, a worker and the webhook receiver ...');
  const stack = await startStack({
    loaded,
    log: logOf(loaded),
    durable: !options.ephemeral,
    running: runningServer(options, deps.env),
    announce: (line) => {
      say(deps, line);
    },
  });
  const { temporal, webhookUrl, healthUrl } = stack;
  say(deps, `Temporal   ${temporal.address}${temporal.pid === null ? ' (ran already)' : ''}`);
  say(deps, `UI         ${temporal.uiUrl ?? 'unknown (temporal.uiUrl)'}`);
  say(deps, `Webhook    ${webhookUrl}/v1/alertmanager`);
  say(deps, `Metrics    ${healthUrl}/metrics`);
  say(deps, 'Ctrl-C ends it.');
  try {
    await Promise.race([untilAskedToEnd(), stack.ended]);
  } finally {
    await stack.stop();
  }
}

/** Runs a worker with its health and metrics until it is asked to end. */
export async function runWorker(
  options: ProcessOptions & PortOptions & ZoneOption,
  deps: CliDependencies,
): Promise<void> {
  const { zone } = options;
  // As the setting itself would be read, with the same errors.
  const env = zone === undefined ? deps.env : { ...deps.env, FAULTLINE__WORKER__ZONE: zone };
  const loaded = withPorts(await load(options, { ...deps, env }), options);
  await runWorkerProcess(loaded, logOf(loaded));
}

/** Runs the receiver until it is asked to end. @throws Error that names the setting when it cannot listen */
export async function runWebhook(options: ProcessOptions, deps: CliDependencies): Promise<void> {
  const loaded = await load(options, deps);
  const { config } = loaded;
  const log = logOf(loaded);
  const temporal = openTemporal({ profile: config.temporal.profile, env: deps.env });
  const incidents = createIncidents(temporal, { complete: completeFromStore(config.store) });
  const receiver = await createReceiver({ config, incidents, temporal, log });
  const { host, port } = config.webhook;
  try {
    say(deps, `Webhook    ${await receiver.listen({ host, port })}/v1/alertmanager`);
    await untilAskedToEnd();
  } catch (error) {
    throw new Error(systemErrorWords(error, 'webhook.port') ?? String(error), { cause: error });
  } finally {
    await receiver.close();
    await incidents.close();
  }
}

function load({ config }: ProcessOptions, deps: CliDependencies): Promise<LoadedConfig> {
  return loadConfig({ ...(config !== undefined && { file: config }), env: deps.env });
}

function say(deps: CliDependencies, line: string): void {
  deps.stdout.write(`${line}\n`);
}

function logOf({ config, secrets }: LoadedConfig) {
  return createLog({ level: config.log.level, secrets });
}
