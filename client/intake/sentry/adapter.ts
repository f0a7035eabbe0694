import { labelsFromTags, present } from '../labels.js';
import { shortHash, type Signal } from '../signal.js';
import type { IssueAlert, IssueChange, MetricAlert } from './schema.js';

/** Sentry calls every exception an error; only a crash is more than a warning by itself. */
const SEVERITIES: Record<string, string> = { fatal: 'critical', error: 'warning' };

/** The signal of an issue alert. Each event that sets the rule off repeats it, until the issue is resolved. */
export function issueSignal({ event, triggered_rule: rule }: IssueAlert): Signal {
  const tags = Object.fromEntries(event.tags);
  const project = projectIn(event.url);
  return {
    ...identityOf(event.issue_id, event.level),
    name: rule ?? 'Sentry issue alert',
    summary: event.title,
    status: 'firing',
    startedAt: event.datetime,
    labels: {
      ...present({ service: tags['service'] ?? project }),
      ...present(tags),
      ...present({
        project,
        environment: event.environment,
        release: event.release,
        sentry_issue_id: event.issue_id,
      }),
    },
    annotations: present({ culprit: event.culprit }),
    hints: [event.title, 'error'],
    links: [['Sentry event', event.web_url]],
  };
}

/** The end of an issue that was resolved or archived. */
export function issueEnd({ issue }: IssueChange): Signal {
  return {
    ...identityOf(issue.id, issue.level),
    name: issue.shortId ?? 'Sentry issue',
    summary: issue.title,
    status: 'resolved',
    startedAt: issue.lastSeen,
    labels: present({
      service: issue.project?.slug,
      project: issue.project?.slug,
      sentry_issue_id: issue.id,
    }),
    hints: [issue.title, 'error'],
    links: [['Sentry issue', issue.web_url]],
  };
}

/** A resolved issue that is there again, or that grows. */
export function issueAgain(change: IssueChange): Signal {
  return { ...issueEnd(change), status: 'firing' };
}

/** The signal of a metric alert that went critical, to warning, or back. */
export function metricSignal(action: string, alert: MetricAlert): Signal {
  const { alert_rule: rule, projects, organization_id: organization } = alert.metric_alert;
  const identity = ['sentry', organization ?? '', 'rule', rule.id].join('\n');
  return {
    source: 'sentry',
    name: rule.name,
    summary: alert.description_text,
    fingerprint: shortHash(identity),
    group: [identity],
    status: action === 'resolved' ? 'resolved' : 'firing',
    startedAt: alert.metric_alert.date_started,
    endedAt: alert.metric_alert.date_closed,
    labels: {
      ...labelsFromTags((rule.query ?? '').split(/\s+/).filter((term) => /^[\w.]+:[^*"[\]]+$/.test(term))),
      ...present({
        service: projects[0],
        project: projects.join(', '),
        environment: rule.environment,
        sentry_rule_id: rule.id,
      }),
    },
    annotations: present({ aggregate: rule.aggregate, query: rule.query }),
    severity: action === 'resolved' ? undefined : action,
    hints: [rule.aggregate, alert.description_title, alert.description_text, rule.query],
    links: [['Sentry alert', alert.web_url]],
  };
}

function identityOf(issue: string, level: string | undefined) {
  const identity = `sentry\nissue\n${issue}`;
  return {
    source: 'sentry',
    fingerprint: shortHash(identity),
    group: [identity],
    startUnknown: true,
    severity: (level && SEVERITIES[level]) ?? level,
  };
}

/** `https://sentry.io/api/0/projects/<organisation>/<project>/events/...` */
function projectIn(url: string | undefined): string | undefined {
  return /\/projects\/[^/]+\/([^/]+)\//.exec(url ?? '')?.[1];
}
