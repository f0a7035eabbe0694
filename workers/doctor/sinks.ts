import { smtpTransport } from '../../activities/publish/email/smtp.js';
import type { EmailSinkConfig } from '../../config/sinks/email.js';
import type { SinkConfig } from '../../config/sinks/index.js';
import type { PagerdutySinkConfig } from '../../config/sinks/pagerduty.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';
import { reach, type Target } from './reach.js';

/** Whether each place that summaries go to can be reached; nothing is posted. */
export async function examineSinks(sinks: readonly SinkConfig[]): Promise<Finding[]> {
  if (sinks.length === 0) {
    const state = warning('none: summaries go to files only', 'add one under `sinks`');
    return [{ area: 'sinks', subject: 'sinks', ...state }];
  }
  const findings = await Promise.all(
    sinks.map(async (sink, index) => {
      const told = await examine(sink, `sinks[${index}]`);
      return told.map((one): Finding => ({ area: 'sinks', subject: `sink '${sink.name}'`, ...one }));
    }),
  );
  return findings.flat();
}

function examine(sink: SinkConfig, setting: string): Promise<Told[]> {
  if (sink.type === 'email') return Promise.all([greet(sink, setting)]);
  return Promise.all(targetsOf(sink, setting).map(reach));
}

const NO_AUTH = { type: 'none' } as const;

/** What can be asked of each without a trace there: where there is one, what shows that the credentials are right. */
function targetsOf(sink: Exclude<SinkConfig, EmailSinkConfig>, at: string): Target[] {
  const setting = `${at}.url`;
  switch (sink.type) {
    case 'webhook':
      return [{ ...sink, setting }];
    case 'slack':
    case 'teams':
      return [{ url: sink.url, auth: NO_AUTH, setting }];
    case 'pagerduty':
      return pagerdutyTargets(sink, at);
    case 'github': {
      const url = under(sink.url, `repos/${sink.repository}`);
      const ifAbsent = `check ${at}.repository, and that the token may read it`;
      return [{ url, auth: { type: 'bearer', token: sink.token }, method: 'GET', setting, ifAbsent }];
    }
    case 'jira': {
      const url = under(sink.url, `rest/api/2/project/${sink.project}`);
      const ifAbsent = `check ${at}.project, and that the account may see it`;
      return [{ url, auth: sink.auth, method: 'GET', setting, ifAbsent }];
    }
    case 'grafana': {
      const url = under(sink.url, 'api/annotations?limit=1&tags=faultline');
      return [{ url, auth: sink.auth, method: 'GET', setting, ifAbsent: `check ${setting}` }];
    }
  }
}

function pagerdutyTargets({ notes, events }: PagerdutySinkConfig, at: string): Target[] {
  const targets: Target[] = [];
  if (notes) {
    const headers = { Authorization: `Token token=${notes.token}` };
    const url = under(notes.url, 'incidents?limit=1');
    targets.push({ url, auth: NO_AUTH, headers, method: 'GET', setting: `${at}.notes.url` });
  }
  if (events) targets.push({ url: events.url, auth: NO_AUTH, setting: `${at}.events.url` });
  return targets;
}

function under(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path}`;
}

/** Connects, greets and logs in, as for a mail, and hangs up without one. */
async function greet(sink: EmailSinkConfig, at: string): Promise<Told> {
  const transport = smtpTransport(sink);
  const server = `${sink.host}:${sink.port}`;
  try {
    await transport.verify();
    return ok(`${server} answers${sink.login ? ' and accepts the login' : ''}; no mail was sent`);
  } catch (error) {
    return failed(`${server}: ${reasonOf(error)}`, `check ${at}.host, port, security and login`);
  } finally {
    transport.close();
  }
}
