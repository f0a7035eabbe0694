/** Runs the shop alone: `npx tsx examples/shop/main.ts [--fault payment-latency]`. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { startShop } from './index.js';

interface Options {
  fault?: string;
  after: string;
  rate: string;
  runDir?: string;
  webhookUrl?: string;
  webhookToken?: string;
  monitoring: boolean;
  postgres?: boolean;
}

const command = new Command('shop')
  .description('A small microservice shop with real metrics and alerts, to be broken on purpose')
  .option('--fault <name>', 'break something, for instance payment-latency (GET /faults lists all)')
  .option('--after <seconds>', 'how long to run healthy before --fault', '30')
  .option('--rate <requests>', 'requests per second at the edge', '30')
  .option('--run-dir <folder>', 'keep configuration, data and logs here')
  .option('--webhook-url <url>', 'where Alertmanager posts alerts')
  .option('--webhook-token <token>', 'bearer token for the webhook')
  .option('--no-monitoring', 'without Prometheus and Alertmanager')
  .option('--postgres', 'with a real PostgreSQL below the database service, as database-lock needs it')
  .parse();
const options = command.opts<Options>();

const runDir = options.runDir ?? (await mkdtemp(path.join(os.tmpdir(), 'shop-')));
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const shop = await startShop({
  runDir,
  rate: Number(options.rate),
  monitoring: options.monitoring,
  postgres: options.postgres ?? false,
  log: say,
  ...(options.webhookUrl === undefined ? {} : { webhookUrl: options.webhookUrl }),
  ...(options.webhookToken === undefined ? {} : { webhookToken: options.webhookToken }),
});

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void shop
    .stop()
    .then(() => (options.runDir === undefined ? rm(runDir, { recursive: true, force: true }) : undefined))
    .then(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

say(`storefront    ${shop.edgeUrl}/products`);
if (options.monitoring) {
  say(`prometheus    ${shop.prometheusUrl}`);
  say(`alertmanager  ${shop.alertmanagerUrl}`);
}
say(`deploys       ${shop.deploysUrl}`);
say(`graph         ${shop.controllerUrl}/graph`);
say(`processes     ${shop.controllerUrl}/processes`);
say(`break         curl -X POST ${shop.controllerUrl}/faults/payment-latency`);
say(`recover       curl -X DELETE ${shop.controllerUrl}/faults`);

if (options.fault !== undefined) {
  await sleep(Number(options.after) * 1000);
  await shop.inject(options.fault);
}
