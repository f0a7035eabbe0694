import axios from 'axios';
import { Command } from 'commander';
import pc from 'picocolors';
import { parseFault } from '../../examples/shop/fault-catalog.js';
import { createLog } from '../log.js';
import { startStack, type Stack } from '../stack.js';
import { recordedAlert, recordedMetrics } from './recorded-incident.js';
import { untilAskedToEnd } from '../cli/until-asked.js';
import { followToSummary, incidentSince, judge, printSummary, tellFailure } from './present.js';
import { demoConfig, newToken } from './settings.js';

const ENVIRONMENT = 'demo';
const RECORDED_FAULT = 'payment-latency';

/** The recorded alert is posted as if it had begun so many seconds ago: Alertmanager groups before it tells. */
const ALERT_AGE_SECONDS = 15;
/** An alert that was taken opens its incident within seconds, on a busy machine within a minute. */
const INCIDENT_TIMEOUT_SECONDS = 120;

const program = new Command('demo')
  .description(
    'Diagnose a recorded incident of the example shop with a real Temporal server, worker and webhook receiver',
  )
  .option('--once', 'end after the summary')
  .option('--verbose', "show Faultline's log")
  .parse();
const { once = false, verbose = false } = program.opts<{ once?: boolean; verbose?: boolean }>();

const ended = new AbortController();
const playAt = Math.round(Date.now() / 1000) - ALERT_AGE_SECONDS;
const token = newToken();
const loaded = demoConfig({
  environment: ENVIRONMENT,
  token,
  metrics: { type: 'recording', name: 'prometheus', file: recordedMetrics(RECORDED_FAULT), playAt },
  changes: [],
});
const level = verbose ? 'debug' : loaded.config.log.level;
const log = createLog({ level, secrets: loaded.secrets, readable: true });

console.log(pc.bold('Starting Temporal, a worker and the webhook receiver ...'));
try {
  const stack = await startStack({ loaded, log, durable: false });
  try {
    await diagnose(stack);
  } finally {
    await stack.stop();
  }
} catch (error) {
  tellFailure(error);
}

async function diagnose(stack: Stack): Promise<void> {
  const postedAt = Math.floor(Date.now() / 1000);
  await axios.post(`${stack.webhookUrl}/v1/alertmanager`, await recordedAlert(RECORDED_FAULT, playAt), {
    headers: { Authorization: `Bearer ${token}` },
    timeout: 10_000,
  });
  console.log('Posted an alert that Alertmanager sent when the shop was broken; its times are moved to now.');

  const opened = { environment: ENVIRONMENT, since: postedAt, timeoutSeconds: INCIDENT_TIMEOUT_SECONDS };
  const id = await incidentSince(stack.incidents, opened, ended.signal);
  console.log(`${pc.bold(id)} was opened:`);
  const record = await followToSummary(stack.incidents, id, ended.signal);
  printSummary(record);
  judge(parseFault(RECORDED_FAULT), record);

  if (once) return;
  console.log(`\nWebhook       ${pc.cyan(`${stack.webhookUrl}/v1/alertmanager`)}`);
  console.log('Ctrl-C ends it.');
  await Promise.race([untilAskedToEnd(), stack.ended]);
}
