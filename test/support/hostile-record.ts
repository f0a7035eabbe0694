import type { IncidentRecord } from '../../model/incident.js';

/** Each would do harm where it is not escaped: in a browser, a terminal, a chat, a forge or the reader's eye. */
export const HOSTILE = [
  '<script>alert(1)</script><img src=x onerror=alert(2)>',
  '[click](javascript:alert(3)) ![x](http://evil.example/x.png) **bold** `code` ``` | cell | ~~gone~~',
  '# heading\n\n- [ ] task\n> quote\n---\n[q1]: http://evil.example\n\n| a |\n|---|',
  '<!channel> <@U012AB3CD> @here @octocat #1',
  '\u001b[31mred\u001b[0m\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007\u0007\u0008\r\u009b2J',
  'safe\u202eexe.gpj\u2066x\u2069\u200b\u00ad\u{e0041}\ufeff\u2028end\ud800',
  'https://admin:hunter2pass@metrics.example/x?token=tok-3n-s3cr3t&x=1 Authorization: Bearer abcdef0123456789abcdef',
];

/** What must never be shown, in no rendering. */
export const SECRETS = ['hunter2pass', 'tok-3n-s3cr3t', 'abcdef0123456789abcdef', 's3cr3t-label-value'];

/** A copy of the record in which every text that comes from outside is hostile, each in turn. */
export function hostileRecord(record: IncidentRecord): IncidentRecord {
  let turn = 0;
  const spoil = (text: string) => `${text} ${HOSTILE[turn++ % HOSTILE.length]!}`;
  const copy = structuredClone(record);
  copy.environment = spoil(copy.environment);
  for (const alert of copy.anomalies) {
    alert.title = spoil(alert.title) + 'A'.repeat(100_000);
    alert.source = spoil(alert.source);
    alert.labels = { ...alert.labels, api_token: 's3cr3t-label-value', note: spoil('') };
    alert.links = HOSTILE.map((url) => ({ title: spoil('graph'), url: `https://graphs.example/?q=${url}` }));
    alert.links.push({ title: 'do not follow', url: 'javascript:alert(4)' });
  }
  for (const entry of copy.timeline) {
    entry.what = spoil(entry.what);
    entry.source = spoil(entry.source);
  }
  copy.gaps = HOSTILE.map((text) => ({ source: text, what: spoil('metrics of payment'), reason: text }));
  copy.acknowledged = { by: spoil('sam'), at: copy.timings.openedAt };
  for (const check of copy.checks) check.statement = spoil(check.statement);
  const { diagnosis } = copy;
  if (!diagnosis) return copy;
  diagnosis.ruledOut = HOSTILE.map((text) => ({ what: text, why: spoil('') }));
  diagnosis.verdict.reason = spoil(diagnosis.verdict.reason);
  for (const suspect of diagnosis.suspects) {
    for (const seen of suspect.evidence) {
      seen.statement = spoil(seen.statement);
      if (seen.series)
        seen.series = { ...seen.series, name: spoil(seen.series.name), query: spoil(seen.series.query) };
    }
  }
  for (const action of diagnosis.nextActions) {
    action.title = spoil(action.title);
    action.command = spoil(action.command ?? '');
    action.expect = spoil(action.expect);
  }
  diagnosis.propagation = diagnosis.propagation.map((step) => ({ ...step, to: spoil(step.to) }));
  diagnosis.slices = HOSTILE.map((value) => ({
    ...{ service: spoil('payment'), dimension: 'endpoint', label: 'route', measure: 'time', count: 2 },
    ...{ outcome: 'concentrated', bad: [value], statement: spoil('Only'), query: spoil('up'), source: value },
    slices: [{ value, requestShare: 0.5, lossShare: 1, before: null, after: 1 }],
  }));
  diagnosis.traces = ['javascript:alert(5)', `https://traces.example/?q=${HOSTILE[6]!}`, null].map(
    (page) => ({
      traceId: spoil('4bf9'),
      page,
      request: spoil('GET /'),
      statement: spoil('1.8 s'),
    }),
  );
  return copy;
}

/** Fields that hold what others wrote: alerts, labels, people, sources, names in metrics. */
const FOREIGN = new Set(
  `title what why reason statement note by author details source query command expect name environment url link check
  service from to caller callee host files blastRadius wouldSettle rule packs services summary uri request traceId page`.split(
    /\s+/,
  ),
);

/** A copy of the record in which every text that others wrote goes on with this one. */
export function spoiledRecord(record: IncidentRecord, text: string): IncidentRecord {
  return spoiled(record, text, '') as IncidentRecord;
}

function spoiled(data: unknown, text: string, key: string): unknown {
  if (typeof data === 'string') return FOREIGN.has(key) ? data + text : data;
  if (Array.isArray(data)) return data.map((one) => spoiled(one, text, key));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, spoiled(value, text, name)]));
}
