import type { SentryConfig } from '../../../config/sources/signed.js';
import { demandFresh, isSignedBy, NotAuthentic } from '../authenticity.js';
import { readBody } from '../malformed.js';
import { notAnAlert } from '../reading.js';
import { secondsOf } from '../moment.js';
import { headerOf, type Source } from '../source.js';
import { issueAgain, issueEnd, issueSignal, metricSignal } from './adapter.js';
import { issueAlert, issueChange, metricAlert, sentryPayload } from './schema.js';

const ISSUE_ENDS = ['resolved', 'archived', 'ignored'];
/** Of issues that are open again those that came back or grow; others were opened by a person. */
const WORSE = ['regressed', 'escalating'];
const METRIC_ACTIONS = ['critical', 'warning', 'resolved'];

/**
 * Webhooks of a Sentry integration: issue alerts, metric alerts, and issues that end or come back. Other resources are
 * ignored.
 */
export function sentry({ secrets, toleranceSeconds }: SentryConfig): Source {
  return {
    name: 'sentry',
    title: 'Sentry',
    credentials: { type: 'none' },
    authenticate({ bytes, headers, receivedAt }) {
      const signature = headerOf(headers, 'sentry-hook-signature')?.trim() ?? '';
      if (!isSignedBy(secrets, [bytes], [signature])) {
        throw new NotAuthentic('no secret of webhook.sources.sentry fits the Sentry-Hook-Signature');
      }
      demandFresh(secondsOf(headerOf(headers, 'sentry-hook-timestamp')), receivedAt, toleranceSeconds);
    },
    read({ body }) {
      const { action, data } = readBody(sentryPayload, body);
      // By the content, which is signed, and not by the header that names the resource, which is not.
      if ('metric_alert' in data) {
        const isKnown = METRIC_ACTIONS.includes(action);
        if (isKnown) return [metricSignal(action, readBody(metricAlert, data))];
      } else if ('event' in data && action === 'triggered') {
        return [issueSignal(readBody(issueAlert, data))];
      } else if ('issue' in data && ISSUE_ENDS.includes(action)) {
        return [issueEnd(readBody(issueChange, data))];
      } else if ('issue' in data && action === 'unresolved') {
        const change = readBody(issueChange, data);
        if (WORSE.includes(change.issue.substatus ?? '')) return [issueAgain(change)];
      }
      return [notAnAlert(`the action ${action}`)];
    },
  };
}
