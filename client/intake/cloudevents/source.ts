import type { CredentialsOnlyConfig } from '../../../config/sources/index.js';
import { MalformedPayload, readBody } from '../malformed.js';
import { secondsOf } from '../moment.js';
import { plainSignal } from '../plain.js';
import { orLeftOut, type Item } from '../reading.js';
import type { Signal } from '../signal.js';
import type { Source } from '../source.js';
import { BATCH, eventsOf, STRUCTURED } from './events.js';
import { alertData, attributes } from './schema.js';

/** CloudEvents 1.0 over HTTP, structured, binary or in batches, whose data is an alert in our own words. */
export function cloudevents({ auth }: CredentialsOnlyConfig): Source {
  return {
    name: 'cloudevents',
    title: 'CloudEvents',
    credentials: auth,
    mediaTypes: [STRUCTURED, BATCH, 'application/json'],
    parsesItself: true,
    *read(post): Generator<Item> {
      for (const event of eventsOf(post)) {
        yield orLeftOut(() => {
          if (event instanceof MalformedPayload) throw event;
          return signalOf(event);
        });
      }
    },
  };
}

function signalOf(event: { data?: unknown }): Signal {
  const { type, source, subject, time } = readBody(attributes, event);
  const { url, fingerprint, startedAt, ...alert } = readBody(alertData, event.data);
  const isEnd = /(^|[.\-_])(resolved|closed|recovered|ok)$/i.test(type);
  const status = alert.status ?? (isEnd ? 'resolved' : 'firing');
  const at = secondsOf(time);
  return plainSignal('cloudevents', {
    ...alert,
    status,
    fingerprint: [source, fingerprint ?? subject ?? alert.title],
    group: alert.group && `${source}\n${alert.group}`,
    startedAt,
    // The event's time is when it was told, so it dates the end and not the beginning.
    endedAt: alert.endedAt ?? (status === 'resolved' ? at : undefined),
    labels: { ...alert.labels, event_source: source, ...(subject && { event_subject: subject }) },
    links: [['Alert', url]],
  });
}
