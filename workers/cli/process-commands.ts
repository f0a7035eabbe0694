import type { Command } from 'commander';
import { steeringRoutes } from '../../client/api/steering.js';
import type { CliDependencies } from '../../client/cli/context.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { buildReceiver } from '../../client/intake/receiver.js';
import { openTemporal } from '../../client/temporal.js';
import { loadConfig, type LoadedConfig } from '../../config/load.js';
import { createLog } from '../log.js';
import { startStack } from '../stack.js';
import { completeFromStore } from '../complete-from-store.js';
import { startWorker } from '../worker.js';
import { untilAskedToEnd } from './until-asked.js';

interface ProcessOptions {
  config?: string;
}

/** Adds the commands that are processes of their own: dev, worker, webhook. They run until they are asked to end. */
export function buildProcessCommands(program: Command, deps: CliDependencies): void {
  const load = ({ config }: ProcessOptions): Promise<LoadedConfig> =>
    loadConfig({ ...(config !== undefined && { file: config }), env: deps.env });
  const say = (line: string): void => void deps.stdout.write(`${line}\n`);
  const logOf = ({ config, secrets }: LoadedConfig) => createLog({ level: config.log.level, secrets });
  const command = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option('--config <file>', 'configuration file (default: FAULTLINE_CONFIG, else faultline.yml)');

  command('dev', 'run everything here: an embedded Temporal server, a worker and the webhook receiver')
    .option(
      '--ephemeral',
      'keep nothing: runs end with the process instead of staying in .faultline/temporal.db',
    )
    .action(async (options: ProcessOptions & { ephemeral?: true }) => {
      const loaded = await load(options);
      const log = logOf(loaded);
      say('Starting Temporal, a worker and the webhook receiver ...');
      const stack = await startStack({ loaded, log, durable: !options.ephemeral, ports: 'documented' });
      say(`Temporal   ${stack.temporal.address}`);
      say(`UI         ${stack.temporal.uiUrl ?? 'none'}`);
      say(`Webhook    ${stack.webhookUrl}/v1/alertmanager`);
      say('Ctrl-C ends it.');
      try {
        await Promise.race([untilAskedToEnd(), stack.ended]);
      } finally {
        await stack.stop();
      }
    });

  command('worker', 'run a worker: it diagnoses the incidents that Temporal holds').action(
    async (options: ProcessOptions) => {
      const loaded = await load(options);
      const worker = await startWorker({ loaded, log: logOf(loaded) });
      await Promise.race([untilAskedToEnd(), worker.finished]);
      await worker.stop();
    },
  );

  command('webhook', 'run the receiver that alert sources post to').action(
    async (options: ProcessOptions) => {
      const loaded = await load(options);
      const { config } = loaded;
      const log = logOf(loaded);
      const incidents = createIncidents(openTemporal({ profile: config.temporal.profile, env: deps.env }), {
        complete: completeFromStore(config.store),
      });
      const routes = steeringRoutes({ config, incidents, log });
      const receiver = await buildReceiver({ config, incidents, log, routes });
      const { host, port } = config.webhook;
      say(`Webhook    ${await receiver.listen({ host, port })}/v1/alertmanager`);
      await untilAskedToEnd();
      await receiver.close();
      await incidents.close();
    },
  );
}
