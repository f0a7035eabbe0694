import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { EDGE } from '../topology.js';

export interface MonitoringPlan {
  runDir: string;
  /** Admin port of each service that Prometheus scrapes. */
  scrape: Record<string, number>;
  scrapeSeconds: number;
  alertmanagerPort: number;
  /** Where alerts go; without it they stay in Alertmanager. */
  webhookUrl?: string;
  webhookToken?: string;
}

export interface MonitoringFiles {
  prometheus: string;
  alertmanager: string;
}

/** Writes the configuration of Prometheus and Alertmanager for one run, with its real ports. */
export async function writeMonitoringFiles(plan: MonitoringPlan): Promise<MonitoringFiles> {
  const folder = path.resolve(plan.runDir, 'monitoring');
  await mkdir(folder, { recursive: true });
  const write = async (name: string, content: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    await chmod(file, 0o600);
    return file;
  };
  const rules = await write('alerts.yml', stringify(alertRules(plan.scrapeSeconds)));
  const tokenFile = plan.webhookToken ? await write('webhook-token', plan.webhookToken) : null;
  return {
    prometheus: await write('prometheus.yml', stringify(prometheusConfig(plan, rules))),
    alertmanager: await write('alertmanager.yml', stringify(alertmanagerConfig(plan, tokenFile))),
  };
}

function prometheusConfig(plan: MonitoringPlan, rules: string): object {
  return {
    global: {
      scrape_interval: `${plan.scrapeSeconds}s`,
      scrape_timeout: `${plan.scrapeSeconds}s`,
      evaluation_interval: `${plan.scrapeSeconds}s`,
    },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${plan.alertmanagerPort}`] }] }] },
    scrape_configs: Object.entries(plan.scrape).map(([service, port]) => ({
      job_name: service,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    })),
  };
}

function alertmanagerConfig(plan: MonitoringPlan, tokenFile: string | null): object {
  const authorization = tokenFile
    ? { http_config: { authorization: { type: 'Bearer', credentials_file: tokenFile } } }
    : {};
  const webhook = plan.webhookUrl
    ? { webhook_configs: [{ url: plan.webhookUrl, send_resolved: true, ...authorization }] }
    : {};
  return {
    route: {
      receiver: 'faultline',
      group_by: ['service'],
      group_wait: '1s',
      group_interval: '5s',
      repeat_interval: '1h',
    },
    receivers: [{ name: 'faultline', ...webhook }],
  };
}

interface Symptom {
  alert: string;
  severity: 'critical' | 'warning';
  summary: string;
  /** PromQL; `$window` is the range of its rates. */
  expression: string;
  journey?: string;
  /** @default the edge */
  service?: string;
}

const edge = (labels = ''): string => `{job="${EDGE}"${labels}}`;
const requests = (labels = ''): string =>
  `sum(rate(http_server_request_duration_seconds_count${edge(labels)}[$window]))`;
const errorRatio = (labels = ''): string =>
  `${requests(`,http_response_status_code=~"5.."${labels}`)} / ${requests(labels)}`;
const p95 = (labels = ''): string =>
  `histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket${edge(labels)}[$window])))`;
const CHECKOUT = ',http_route="/checkout"';

/** Only what customers feel: no rule names a cause. */
const SYMPTOMS: Symptom[] = [
  {
    alert: 'StorefrontErrorRatioHigh',
    severity: 'critical',
    summary: 'More than 5 % of the storefront requests fail',
    expression: `${errorRatio()} > 0.05`,
  },
  {
    alert: 'StorefrontLatencyHigh',
    severity: 'warning',
    summary: 'The 95th percentile of the storefront latency is above 250 ms',
    expression: `${p95()} > 0.25`,
  },
  {
    alert: 'StorefrontTrafficCollapsed',
    severity: 'critical',
    summary: 'The storefront answers less than a quarter of the requests of the last ten minutes',
    expression: `(${requests()} or vector(0)) < 0.25 * ${requests().replace('$window', '10m')}`,
  },
  {
    alert: 'CheckoutErrorRatioHigh',
    severity: 'critical',
    summary: 'More than 10 % of the checkouts fail',
    expression: `${errorRatio(CHECKOUT)} > 0.1`,
    journey: 'checkout',
  },
  {
    alert: 'CheckoutLatencyHigh',
    severity: 'warning',
    summary: 'The 95th percentile of the checkout latency is above 600 ms',
    expression: `${p95(CHECKOUT)} > 0.6`,
    journey: 'checkout',
  },
  {
    alert: 'ConfirmationsLate',
    severity: 'warning',
    summary: 'Orders wait more than 10 s for their confirmation',
    expression: 'max(shop_queue_oldest_seconds) > 10',
    service: 'checkout',
  },
];

/** The alert rules file. Rates look back over enough scrapes to bear one that is missed. */
export function alertRules(scrapeSeconds: number): object {
  const window = `${Math.max(20, 5 * scrapeSeconds)}s`;
  return {
    groups: [
      {
        name: 'shop-symptoms',
        rules: SYMPTOMS.map(({ alert, severity, summary, expression, journey, service = EDGE }) => ({
          alert,
          expr: expression.replaceAll('$window', window),
          for: '10s',
          labels: { severity, service, ...(journey ? { journey } : {}) },
          annotations: { summary },
        })),
      },
    ],
  };
}
