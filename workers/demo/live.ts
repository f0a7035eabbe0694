import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import getPort, { clearLockedPorts } from 'get-port';
import pc from 'picocolors';
import { FAULTS, parseFault, type Fault } from '../../examples/shop/fault-catalog.js';
import { startShop, type Shop } from '../../examples/shop/index.js';
import type { IncidentRecord } from '../../model/incident.js';
import { untilAskedToEnd } from '../cli/until-asked.js';
import { DEV_PORTS } from '../dev/ports.js';
import { createLog } from '../log.js';
import { startStack, type Stack } from '../stack.js';
import { disturbancesOf, untilCalm } from './calm.js';
import { countdown } from './countdown.js';
import { followToSummary, incidentSince, judge, printSummary, tellFailure } from './present.js';
import { CALM_SECONDS, demoConfig, newToken, sourcesOf } from './settings.js';

const ENVIRONMENT = 'shop';

const HOST = '127.0.0.1';
/** With --once: the diagnosis named another cause than the one that was injected. */
const EXIT_OTHER_CAUSE = 3;
const EXIT_USAGE = 2;

/** The longest that a curated fault may take to be seen at the edge. */
const ALERT_TIMEOUT_SECONDS = 240;
/** The longest wait for a shop that is calm. */
const CALM_TIMEOUT_SECONDS = 900;

const program = new Command('demo:live')
  .description('Break the example shop while a real Prometheus and Alertmanager watch it, and diagnose it')
  .option('--fault <name>', 'what to break, <service>-<injection>', 'payment-latency')
  .option('--calm <seconds>', 'how long no alert may fire before something is broken', String(CALM_SECONDS))
  .option('--once', 'end after the summary; exit with 3 if the diagnosis is not right')
  .option('--list', 'list the faults')
  .option('--verbose', "show Faultline's log")
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
if (!(calmSeconds >= 0))
  program.error(`error: --calm: expected seconds, got '${calm}'`, { exitCode: EXIT_USAGE });

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
  const { shop, stack } = await start();
  const injectedAt = await injectInCalm(shop, stack);
  const record = await diagnosisSince(injectedAt, stack);
  printSummary(record);
  const isRight = judge(fault, record);
  if (once) {
    process.exitCode = isRight ? 0 : EXIT_OTHER_CAUSE;
    return;
  }
  console.log(
    `\nPrometheus    ${pc.cyan(shop.prometheusUrl)}\nAlertmanager  ${pc.cyan(shop.alertmanagerUrl)}`,
  );
  console.log('Ctrl-C ends it.');
  await Promise.race([untilAskedToEnd(), stack.ended]);
}

async function start(): Promise<{ shop: Shop; stack: Stack }> {
  const webhookPort = await getPort({ port: DEV_PORTS.webhook, host: HOST });
  // It is kept from other callers for a while, but Alertmanager posts to it, so the stack must get it.
  clearLockedPorts();
  const token = newToken();

  console.log(pc.bold('Starting the shop, Prometheus and Alertmanager ...'));
  // What Prometheus kept of an earlier run would be taken for the baseline of this one.
  const runDir = join(process.cwd(), '.faultline', 'shop');
  await rm(runDir, { recursive: true, force: true });
  const shop = await startShop({
    runDir,
    webhookUrl: `http://${HOST}:${webhookPort}/v1/alertmanager`,
    webhookToken: token,
    postgres: fault.injection === 'lock',
  });
  endings.push(() => shop.stop());

  const loaded = demoConfig({
    environment: ENVIRONMENT,
    token,
    webhookPort,
    ...sourcesOf(shop),
  });
  const level = verbose ? 'debug' : loaded.config.log.level;
  const log = createLog({ level, secrets: loaded.secrets, readable: true });
  console.log(pc.bold('Starting Temporal, a worker and the webhook receiver ...'));
  const stack = await startStack({ loaded, log, durable: false });
  endings.push(() => stack.stop());
  console.log(`The shop runs: ${pc.cyan(shop.edgeUrl)}`);
  return { shop, stack };
}

/** Breaks the shop once no alert fired for a while. Answers when, in unix seconds. */
async function injectInCalm(shop: Shop, stack: Stack): Promise<number> {
  const line = countdown(process.stdout);
  await untilCalm({
    disturbances: () => disturbancesOf(shop.prometheusUrl, stack.incidents, ENVIRONMENT),
    calmSeconds,
    patienceSeconds: Math.max(CALM_TIMEOUT_SECONDS, 3 * calmSeconds),
    signal: ended.signal,
    report: (left, wrong) => {
      const why = wrong.length === 0 ? '' : `; not calm yet: ${wrong.join(', ')}`;
      line.show(`Recording the healthy shop: ${left} s without an alert to go${why}`);
    },
  }).finally(() => {
    line.end();
  });
  const injectedAt = Math.floor(Date.now() / 1000);
  await shop.inject(fault.name);
  console.log(`No alert fires. Injected ${pc.bold(fault.name)}: ${fault.description}.`);
  return injectedAt;
}

/** The record of the incident that began after the injection, once its summary is out. */
async function diagnosisSince(injectedAt: number, { incidents }: Stack): Promise<IncidentRecord> {
  const line = countdown(process.stdout);
  const opened = { environment: ENVIRONMENT, since: injectedAt, timeoutSeconds: ALERT_TIMEOUT_SECONDS };
  const id = await incidentSince(incidents, opened, ended.signal, (left) => {
    line.show(`Waiting for the alert at the edge: ${left} s left`);
  }).finally(() => {
    line.end();
  });
  console.log(`${pc.bold(id)} was opened:`);
  return followToSummary(incidents, id, ended.signal);
}

function faultOrExit(name: string): Fault {
  try {
    return parseFault(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return program.error(`error: --fault: ${reason}; --list names the faults`, { exitCode: EXIT_USAGE });
  }
}
