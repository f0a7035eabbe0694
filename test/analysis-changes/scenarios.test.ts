import assert from 'node:assert/strict';
import { judgeChanges, type ChangeJudgement } from '../../analysis/changes/index.js';
import type { Change } from '../../model/change.js';
import { counted } from '../support/log-lines.js';

const ONSET = 100_000;

/** Minutes before the onset, service (null: a commit that no deploy names), title, file, changed lines. */
type Written = [minutes: number, service: string | null, title: string, file: string, lines: string[]];

interface Scenario {
  what: string;
  service: string;
  alert: string;
  /** New failing lines of the service. */
  log: string[];
  guilty: Written | null;
  innocent: Written[];
}

/** Commits as every repository has them, all of the time. */
const EVERYDAY: Written[] = [
  [20, null, 'docs: update README', 'docs/a.md', []],
  [27, null, 'fix: off-by-one in pagination helper', 'pkg/paginate/p.go', []],
  [34, null, 'feat: add gzip middleware', 'internal/mw/gzip.go', []],
  [41, null, 'refactor: rename telemetry package', 'internal/tel/t.go', []],
  [48, null, 'perf: preallocate buffer in encoder', 'pkg/codec/json.go', []],
  [55, null, 'test: fuzz sku parser', 'pkg/sku/p_test.go', []],
];

const SCENARIOS: Scenario[] = [
  {
    what: 'a pool that was made too small, beside a feature deployed later',
    service: 'orders',
    alert: 'orders p99 latency above 2 s',
    log: [
      'timeout acquiring connection from pool after 5000ms',
      'GET /orders failed: context deadline exceeded',
    ],
    guilty: [
      6,
      'orders',
      'chore: trim database settings',
      'deploy/orders/values.yaml',
      ['-  max_open_conns: 80', '+  max_open_conns: 8'],
    ],
    innocent: [
      [2, 'orders', 'feat: order notes', 'services/orders/note.go', ['+\tNote string `json:"note"`']],
    ],
  },
  {
    what: 'a timeout in a shared client, shipped by a deploy of something else',
    service: 'cart',
    alert: 'cart error ratio above 5%',
    log: ['redis: i/o timeout on GET cart:17', 'cart load failed: redis read timeout'],
    guilty: [
      8,
      null,
      'chore: harmonise cache client options',
      'pkg/cacheclient/options.go',
      ['-\tReadTimeout: 500 * time.Millisecond,', '+\tReadTimeout: 5 * time.Millisecond,'],
    ],
    innocent: [
      [
        5,
        'cart',
        'feat: badge counter',
        'services/cart/badge.go',
        ['+func Badge(n int) string { return strconv.Itoa(n) }'],
      ],
    ],
  },
  {
    what: 'a setting that went missing',
    service: 'mailer',
    alert: 'mailer restarts again and again',
    log: ['missing required env SMTP_RELAY_HOST', 'startup failed: config invalid'],
    guilty: [
      1,
      'mailer',
      'chore: clean up helm values',
      'deploy/mailer/values.yaml',
      ['-  SMTP_RELAY_HOST: relay.mail.svc', '+  smtp:', '+    host: relay.mail.svc'],
    ],
    innocent: [
      [
        0.5,
        'mailer',
        'feat: html templates',
        'services/mailer/tmpl.go',
        ['+\ttmpl.ParseFiles("welcome.html")'],
      ],
    ],
  },
  {
    what: 'an index that was dropped, beside a pure refactoring',
    service: 'orders',
    alert: 'orders p99 latency above 3 s',
    log: ['slow query 4200ms: SELECT * FROM order_events WHERE order_id = $1'],
    guilty: [
      9,
      'orders',
      'migration: drop unused indexes',
      'migrations/0042_cleanup.sql',
      ['+DROP INDEX idx_order_events_order_id;'],
    ],
    innocent: [
      [
        3,
        'orders',
        'refactor: extract mapper',
        'services/orders/map.go',
        [
          '-\treturn Row{ID: r.ID, At: r.At}',
          '+\treturn toRow(r)',
          '+func toRow(r rec) Row {',
          '+\treturn Row{ID: r.ID, At: r.At}',
        ],
      ],
    ],
  },
  {
    what: 'a pattern that eats the processor, though no log names it',
    service: 'gateway',
    alert: 'gateway p99 latency above 1 s; cpu at its limit',
    log: ['request took 8200ms, over budget'],
    guilty: [
      3,
      'gateway',
      'feat: validate slugs with one pattern',
      'services/gateway/slug.go',
      ['-\tfor _, r := range s { if !ok(r) { return false } }', '+\treturn slugPattern.MatchString(s)'],
    ],
    innocent: [
      [
        1.5,
        'gateway',
        'chore: wording of the 404 page',
        'services/gateway/404.go',
        ['-\thttp.Error(w, "not found", 404)', '+\thttp.Error(w, "page not found", 404)'],
      ],
      [1, 'blog', 'feat: rss', 'services/blog/rss.go', ['+\tfeed.Write(w)']],
    ],
  },
  {
    what: 'a retry helper without its pause',
    service: 'inventory',
    alert: 'inventory outbound errors above 5%',
    log: ['retry storm: 4000 attempts in 10s against pricing', 'pricing call failed after 50 attempts'],
    guilty: [
      7,
      null,
      'refactor: simplify retry helper',
      'pkg/retry/retry.go',
      ['-\ttime.Sleep(backoff(attempt))', '-\tif attempt > maxAttempts { return err }', '+\tcontinue'],
    ],
    innocent: [[6, 'inventory', 'feat: stock labels', 'services/inventory/label.go', ['+\tlabel.Print()']]],
  },
  {
    what: 'a certificate that ran out, beside a refactoring of the TLS client',
    service: 'payments',
    alert: 'payments outbound error ratio above 5%; TLS handshakes failing',
    log: ['tls: failed to verify certificate: x509: certificate has expired or is not yet valid'],
    guilty: null,
    innocent: [
      [
        9,
        'payments',
        'refactor: simplify TLS client config',
        'services/payments/tls.go',
        [
          '-\tcfg := &tls.Config{MinVersion: tls.VersionTLS12}',
          '-\tcfg.RootCAs = roots',
          '+\tcfg := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}',
        ],
      ],
    ],
  },
  {
    what: 'a provider that fails, beside a change of its client',
    service: 'payments',
    alert: 'payments 5xx above 2%',
    log: [
      'charge failed: 503 from api.card-provider.com',
      'retrying charge: upstream 503 api.card-provider.com',
    ],
    guilty: null,
    innocent: [
      [
        5,
        'payments',
        'chore: tune provider client retries',
        'services/payments/provider.go',
        ['-\tMaxRetries: 2', '+\tMaxRetries: 3'],
      ],
    ],
  },
  {
    what: 'a disk that ran full, beside a change of the compaction',
    service: 'storage',
    alert: 'storage write errors',
    log: ['write failed: no space left on device', 'compaction aborted: disk full'],
    guilty: null,
    innocent: [
      [
        12,
        'storage',
        'perf: more compaction workers',
        'services/storage/compact.yaml',
        ['-  compaction_workers: 2', '+  compaction_workers: 4'],
      ],
    ],
  },
];

function changeOf([minutes, service, title, file, lines]: Written): Change {
  return {
    id: `${title} (${minutes})`,
    kind: service === null ? 'other' : 'deploy',
    time: ONSET - minutes * 60,
    service,
    title,
    details: lines.length === 0 ? title : [title, '', `@@ ${file} @@`, ...lines].join('\n'),
    files: [file],
    author: null,
    link: null,
    source: 'test',
  };
}

function judge({ service, alert, log, guilty, innocent }: Scenario): ChangeJudgement {
  return judgeChanges({
    changes: [...(guilty === null ? [] : [guilty]), ...innocent, ...EVERYDAY].map(changeOf),
    onset: { time: ONSET, uncertaintySeconds: 60 },
    alert: { service, time: ONSET + 180, title: alert },
    suspects: [service],
    metrics: ['latency-p99', 'http_5xx_ratio'],
    logs: counted(
      log.flatMap((message) =>
        [5, 25, 60].map((after) => ({ time: ONSET + after, service, level: 'error' as const, message })),
      ),
    ),
    graph: { services: [service, 'blog'], edges: [], placements: [], external: [] },
    outside: [],
  });
}

describe('the trigger in', () => {
  for (const scenario of SCENARIOS) {
    it(`${scenario.what}: ${scenario.guilty === null ? 'nobody' : 'the change'}`, () => {
      const { trigger, ranked, none } = judge(scenario);
      const said = ranked
        .map(({ change, probability }) => `${change.id} ${probability.toFixed(2)}`)
        .join(', ');
      const expected = scenario.guilty === null ? null : changeOf(scenario.guilty).id;
      assert.equal(trigger?.id ?? null, expected, `none ${none.toFixed(2)}, ${said}`);
    });
  }
});
