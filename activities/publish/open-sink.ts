import type { SinkConfig } from '../../config/sinks/index.js';
import type { Sink } from './sink.js';
import { SlackSink } from './slack/slack-sink.js';
import { WebhookSink } from './webhook/webhook-sink.js';

/** The sink that a configuration asks for: one line for each kind. */
export function openSink(config: SinkConfig): Sink {
  switch (config.type) {
    case 'webhook':
      return new WebhookSink(config);
    case 'slack':
      return new SlackSink(config);
  }
}
