import { steeringRoutes } from '../../client/api/steering.js';
import type { CliDependencies } from '../../client/cli/context.js';
import { systemErrorWords } from '../../client/cli/system-errors.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { openTemporal } from '../../client/temporal.js';
import { loadConfig, type LoadedConfig } from '../../config/load.js';
import { completeFromStore } from '../complete-from-store.js';
import { createLog } from '../log.js';
import { startStack } from '../stack.js';
import { startWorker } from '../worker.js';
import type { ProcessOptions } from './process-commands.js';
import { untilAskedToEnd } from './until-asked.js';

/** Runs an embedded Temporal server, a worker and the receiver until they are asked to end, or one of them fails. */
export async function runDev(
  options: ProcessOptions & { ephemeral?: true },
  deps: CliDependencies,
): Promise<void> {
  const loaded = await load(options, deps);
  const log = logOf(loaded);
  say(deps, 'Starting Temporal, a worker and the webhook receiver ...');
  const stack = await startStack({ loaded, log, durable: !options.ephemeral, ports: 'documented' });
  say(deps, `Temporal   ${stack.temporal.address}`);
  say(deps, `UI         ${stack.temporal.uiUrl ?? 'none'}`);
  say(deps, `Webhook    ${stack.webhookUrl}/v1/alertmanager`);
  say(deps, 'Ctrl-C ends it.');
  try {
    await Promise.race([untilAskedToEnd(), stack.ended]);
  } finally {
    await stack.stop();
  }
}

/** Runs a worker until it is asked to end. */
export async function runWorker(options: ProcessOptions, deps: CliDependencies): Promise<void> {
  const loaded = await load(options, deps);
  const worker = await startWorker({ loaded, log: logOf(loaded) });
  await Promise.race([untilAskedToEnd(), worker.finished]);
  await worker.stop();
}

/** Runs the receiver until it is asked to end. @throws Error that names the setting when it cannot listen */
export async function runWebhook(options: ProcessOptions, deps: CliDependencies): Promise<void> {
  const loaded = await load(options, deps);
  const { config } = loaded;
  const log = logOf(loaded);
  const temporal = openTemporal({ profile: config.temporal.profile, env: deps.env });
  const incidents = createIncidents(temporal, { complete: completeFromStore(config.store) });
  const routes = steeringRoutes({ config, incidents, log });
  const receiver = await buildReceiver({ config, incidents, log, routes });
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
