import { z } from 'zod';
import { emailSink } from './email.js';
import { githubSink } from './github.js';
import { grafanaSink } from './grafana.js';
import { jiraSink } from './jira.js';
import { pagerdutySink } from './pagerduty.js';
import { slackSink } from './slack.js';
import { teamsSink } from './teams.js';
import { webhookSink } from './webhook.js';

/** One line for each kind of sink; its settings stand in a file of their own. */
const sink = z.discriminatedUnion('type', [
  webhookSink,
  slackSink,
  pagerdutySink,
  githubSink,
  jiraSink,
  grafanaSink,
  teamsSink,
  emailSink,
]);
export type SinkConfig = z.infer<typeof sink>;

/** An incident knows its sinks by name, so two of one name would be one. */
export const sinks = z.array(sink).superRefine((list, context) => {
  list.forEach(({ name }, i) => {
    const first = list.findIndex((other) => other.name === name);
    if (first === i) return;
    const message = `sinks[${first}] has the name '${name}' already; give each its own`;
    context.addIssue({ code: 'custom', path: [i, 'name'], message });
  });
});
