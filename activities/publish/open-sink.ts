import type { SinkConfig } from '../../config/sinks/index.js';
import { EmailSink } from './email/email-sink.js';
import { GithubSink } from './github/github-sink.js';
import { GrafanaSink } from './grafana/grafana-sink.js';
import { JiraSink } from './jira/jira-sink.js';
import { PagerdutySink } from './pagerduty/pagerduty-sink.js';
import type { Sink } from './sink.js';
import { SlackSink } from './slack/slack-sink.js';
import { TeamsSink } from './teams/teams-sink.js';
import { WebhookSink } from './webhook/webhook-sink.js';

/** The sink that a configuration asks for: one line for each kind. */
export function openSink(config: SinkConfig): Sink {
  switch (config.type) {
    case 'webhook':
      return new WebhookSink(config);
    case 'slack':
      return new SlackSink(config);
    case 'pagerduty':
      return new PagerdutySink(config);
    case 'github':
      return new GithubSink(config);
    case 'jira':
      return new JiraSink(config);
    case 'grafana':
      return new GrafanaSink(config);
    case 'teams':
      return new TeamsSink(config);
    case 'email':
      return new EmailSink(config);
  }
}
