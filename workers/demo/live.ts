import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import getPort from 'get-port';
import pc from 'picocolors';
import { FAULTS, parseFault, type Fault } from '../../examples/shop/fault-catalog.js';
import { startShop } from '../../examples/shop/index.js';
import { DEV_PORTS } from '../dev/ports.js';
import { createLog } from '../log.js';
import { startStack } from '../stack.js';
import { untilAskedToEnd } from '../cli/until-asked.js';
import { firstIncident, followToSummary, printSummary, tellFailure } from './present.js';
import { CALM_SECONDS, demoConfig, newToken } from './settings.js';

const ENVIRONMENT = 'shop';

const HOST = '127.0.0.1';
/** With --once: the diagnosis named another cause than the one that was injected. */
const EXIT_OTHER_CAUSE = 3;

/** The longest that a curated fault may take to be seen at the edge. */
const ALERT_TIMEOUT_MS = 240_000;

const program = new Command('demo:live')
  .description(
    'Breaks the example shop while real Prometheus and Alertmanager watch it, and diagnoses what they see',
  )
  .option('--fault <name>', 'what to break, <service>-<injection>', 'payment-latency')
  .option('--calm <seconds>', 'how long the shop runs healthy before', String(CALM_SECONDS))
  .option(
    '--once',
    'end after the summary instead of staying up; exit code 3 when the cause named is not the injected one',
  )
  .option('--list', 'print the curated faults and end')
  .option('--verbose', 'show the log of what Faultline does')
  .parse();
const {
  fault: faultName,
  calm,
  once,
  list,
  verbose,
} = program.opts<{
  fault: string;
  calm: string;
  once?: boolean;
  verbose?: boolean;
  list?: boolean;
}>();

if (list) {
  for (const { name, description } of FAULTS) console.log(`${name.padEnd(24)}${description}`);
  process.exit(0);
}
const fault = faultOrExit(faultName);
const calmSeconds = Number(calm);
if (!(calmSeconds >= 0)) program.error(`--calm: expected seconds, got '${calm}'`);

const ended = new AbortController();
const endings: (() => Promise<void>)[] = [];
try {
  await run();
} catch (error) {
  tellFailure(error);
} finally {
  ended.abort();
  for (const end of endings.reverse()) await end();
}

async function run(): Promise<void> {
  const webhookPort = await getPort({ port: DEV_PORTS.webhook, host: HOST });
  const token = newToken();

  console.log(pc.bold('Starting the shop, Prometheus and Alertmanager ...'));
  // What Prometheus kept of an earlier run would be taken for this one's calm.
  const runDir = join(process.cwd(), '.faultline', 'shop');
  await rm(runDir, { recursive: true, force: true });
  const shop = await startShop({
    runDir,
    webhookUrl: `http://${HOST}:${webhookPort}/v1/alertmanager`,
    webhookToken: token,
  });
  endings.push(() => shop.stop());

  const loaded = demoConfig({
    environment: ENVIRONMENT,
    token,
    webhookPort,
    metrics: { type: 'prometheus', url: shop.prometheusUrl },
    changes: [{ type: 'http', name: 'deploy log', url: shop.deploysUrl }],
  });
  const log = createLog({ level: verbose ? 'debug' : loaded.config.log.level, secrets: loaded.secrets });
  console.log(pc.bold('Starting Temporal, a worker and the webhook receiver ...'));
  const stack = await startStack({ loaded, log, durable: false });
  endings.push(() => stack.stop());

  console.log(`The shop runs healthy for ${calmSeconds} s: ${pc.cyan(shop.edgeUrl)}`);
  await sleep(calmSeconds * 1000);
  await shop.inject(fault.name);
  console.log(`Injected ${pc.bold(fault.name)}: ${fault.description}. Waiting for the alert at the edge ...`);

  const patience = AbortSignal.any([ended.signal, AbortSignal.timeout(ALERT_TIMEOUT_MS)]);
  const id = await firstIncident(stack.incidents, ENVIRONMENT, patience);
  console.log(`${pc.bold(id)} is diagnosed:`);
  const record = await followToSummary(stack.incidents, id, ended.signal);
  printSummary(record);

  const named = record.diagnosis?.verdict;
  const right = named?.service === fault.service && named.faultKind === fault.kind;
  console.log(
    `\nInjected: ${fault.service}, ${fault.kind}. Named: ${named?.service ?? 'no service'}, ` +
      `${named?.faultKind ?? 'no fault'} (${named?.level ?? 'no verdict'}).`,
  );
  if (once) {
    process.exitCode = right ? 0 : EXIT_OTHER_CAUSE;
    return;
  }
  console.log(`Prometheus    ${pc.cyan(shop.prometheusUrl)}\nAlertmanager  ${pc.cyan(shop.alertmanagerUrl)}`);
  console.log('Ctrl-C ends it.');
  await Promise.race([untilAskedToEnd(), stack.ended]);
}

function faultOrExit(name: string): Fault {
  try {
    return parseFault(name);
  } catch (error) {
    return program.error(`--fault: ${error instanceof Error ? error.message : String(error)}`);
  }
}
