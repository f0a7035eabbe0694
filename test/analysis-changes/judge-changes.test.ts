import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgeChanges, type ChangeQuestion } from '../../analysis/changes/index.js';
import type { Change } from '../../model/change.js';
import type { LogLine } from '../../analysis/logs/line.js';
import { counted } from '../support/log-lines.js';

const ONSET = 100_000;

function change(id: string, over: Partial<Change> = {}): Change {
  return {
    id,
    kind: 'deploy',
    time: ONSET - 120,
    service: 'orders',
    title: '',
    details: '',
    files: [],
    author: null,
    link: null,
    source: 'test',
    ...over,
  };
}

/** A commit with a diff, given as its changed lines. */
function commit(id: string, title: string, file: string, diff: string[], over: Partial<Change> = {}): Change {
  return change(id, {
    title,
    details: `${title}\n\n@@ ${file} @@\n${diff.join('\n')}`,
    files: [file],
    ...over,
  });
}

function lines(service: string, message: string, level: LogLine['level'] = 'error', from = ONSET): LogLine[] {
  return [0, 20, 40, 60].map((after) => ({ time: from + after, service, level, message }));
}

/** `web` calls `orders`, `orders` calls `stock`; `blog` stands alone. Orders fails. */
function question(
  changes: Change[],
  log: LogLine[] = [],
  over: Partial<ChangeQuestion> = {},
): ChangeQuestion {
  return {
    changes,
    onset: { time: ONSET, uncertaintySeconds: 30 },
    alert: { service: 'orders', time: ONSET + 180, title: 'orders answers slowly' },
    suspects: ['orders'],
    metrics: ['latency-p90'],
    logs: log.length === 0 ? null : counted(log),
    graph: {
      services: ['web', 'orders', 'stock', 'blog'],
      edges: [
        { caller: 'web', callee: 'orders', learntFrom: { source: 'test', seenAt: null } },
        { caller: 'orders', callee: 'stock', learntFrom: { source: 'test', seenAt: null } },
      ],
      placements: [],
      external: [],
    },
    outside: [],
    ...over,
  };
}

const guiltyOf = (asked: ChangeQuestion): string | null => judgeChanges(asked).trigger?.id ?? null;

/** Takes a guard away that the failure is about. */
const culprit = commit('culprit', 'refactor: simplify voucher handling', 'orders/voucher.go', [
  '-\tif voucher.Expiry == nil {',
  '-\t\treturn noDiscount',
  '-\t}',
  ' \treturn voucher.Expiry.Discount()',
]);
const failure = lines('orders', 'nil dereference in applyVoucher: voucher has no expiry');

describe('the change that triggered it', () => {
  it('is the one that took away what the failure is about', () => {
    const other = commit('other', 'feat: export invoices', 'orders/invoice.go', [
      '+\treturn renderInvoice(pdf)',
    ]);
    const { trigger, ranked, none } = judgeChanges(question([other, culprit], failure));
    assert.equal(trigger?.id, 'culprit');
    assert.ok(ranked[0]!.probability > 0.6, `${ranked[0]!.probability}`);
    assert.ok(none < 0.2);
    assert.equal(ranked[0]!.lagSeconds, 120);
  });

  it('says why, with the words in common and the lag', () => {
    const [first] = judgeChanges(question([culprit], failure)).ranked;
    const said = first!.evidence.map(({ stance, statement }) => `${stance}: ${statement}`);
    assert.deepEqual(said, [
      'against: Took effect 2 min before the onset.',
      'for: It touches what fails: expiry, voucher.',
    ]);
  });

  it('may be the deploy of the failing service of which nothing can be read, and then it is hardly more than a guess', () => {
    const { trigger, ranked } = judgeChanges(question([change('mute')]));
    assert.equal(trigger?.id, 'mute');
    assert.ok(ranked[0]!.probability < 0.7);
  });

  it('is not held innocent for sharing no word with a failure that no log line tells of', () => {
    const rewrite = change('rewrite', { title: 'Rewrite parsing', files: ['orders/src/parser.ts'] });
    const told = judgeChanges(question([rewrite], lines('orders', 'certificate of the vault was revoked')));
    const untold = judgeChanges(question([rewrite]));
    assert.ok(untold.ranked[0]!.probability > told.ranked[0]!.probability);
    assert.equal(untold.trigger?.id, 'rewrite');
  });

  it('may be a commit that only ships with a later deploy of its service', () => {
    const earlier = { ...culprit, kind: 'other' as const, service: null, time: ONSET - 7200 };
    const carrier = commit('carrier', 'docs: readme', 'README.md', ['+hello']);
    const { trigger, ranked } = judgeChanges(question([earlier, carrier], failure));
    assert.equal(trigger?.id, 'culprit');
    assert.equal(ranked[0]!.lagSeconds, 120, 'counts from the deploy that carried it');
  });

  it('may be a shared library whose field another service misses', () => {
    const rename = commit(
      'rename',
      'tidy: field names',
      'pkg/schema/envelope.go',
      ['-\tWeight int `json:"weight"`', '+\tGrams int `json:"grams"`'],
      { kind: 'other', service: null, time: ONSET - 900 },
    );
    const carrier = change('carrier', { service: 'stock', details: 'stock 1.8', files: ['stock/main.go'] });
    assert.equal(guiltyOf(question([rename, carrier], lines('orders', "missing field 'weight'"))), 'rename');
  });

  it('may be a flag that names what fails', () => {
    const flag = change('flag', {
      kind: 'flag',
      title: 'flag parallel_voucher_lookup off->on',
      details: 'parallel_voucher_lookup off->on',
    });
    assert.equal(guiltyOf(question([flag], lines('orders', 'voucher lookup deadlock'))), 'flag');
  });
});

describe('an innocent change near the onset', () => {
  const without = (decoy: Change, asked = failure): string | null => guiltyOf(question([decoy], asked));

  it('is not the trigger by nearness alone when it can be read', () => {
    assert.equal(
      without(commit('d', 'feat: export invoices', 'orders/invoice.go', ['+\treturn renderInvoice(pdf)'])),
      null,
    );
  });

  it('loses against the trigger however near it is', () => {
    const near = commit(
      'near',
      'tidy: voucher log lines',
      'orders/voucher.go',
      ['-\tlog.Debug("voucher applied")', '+\tlog.Info("voucher applied", expiry)'],
      { time: ONSET - 5 },
    );
    assert.equal(guiltyOf(question([near, { ...culprit, time: ONSET - 600 }], failure)), 'culprit');
  });

  it('is not the trigger when it only words logs and answers', () => {
    assert.equal(
      without(
        commit('d', 'tidy voucher errors', 'orders/voucher.go', [
          '-\thttp.Error(w, "no voucher", 400)',
          '+\thttp.Error(w, "no voucher expiry", 400)',
        ]),
      ),
      null,
    );
  });

  it('is not the trigger when it only moves code', () => {
    const moved = commit('d', 'refactor: extract helper', 'orders/voucher.go', [
      '-\tvoucher := load(id)',
      '-\treturn voucher.Expiry',
      '+\treturn expiryOf(id)',
      '+}',
      '+func expiryOf(id string) Expiry {',
      '+\tvoucher := load(id)',
      '+\treturn voucher.Expiry',
    ]);
    const { ranked, trigger } = judgeChanges(question([moved], failure));
    assert.ok(ranked[0]!.evidence.some(({ statement }) => statement.startsWith('Moves code')));
    assert.equal(trigger, null);
  });

  it('is not the trigger when it touches comments, documentation or tests alone', () => {
    assert.equal(
      without(commit('d', 'explain vouchers', 'orders/voucher.go', ['-// voucher', '+// voucher expiry'])),
      null,
    );
    assert.equal(
      without(commit('d', 'document voucher expiry', 'docs/voucher.md', ['+voucher expiry'])),
      null,
    );
    assert.equal(
      without(commit('d', 'test voucher expiry', 'orders/voucher_test.go', ['+voucher expiry'])),
      null,
    );
  });

  it('is not the trigger when it raises a patch version', () => {
    const bump = (to: string): Change =>
      commit('d', 'bump', 'go.mod', ['-\tgithub.com/x/voucher v1.2.3', `+\tgithub.com/x/voucher ${to}`]);
    assert.equal(without(bump('v1.2.4')), null);
    const loss = (to: string): number => judgeChanges(question([bump(to)], failure)).ranked[0]!.probability;
    assert.ok(loss('v1.2.4') < loss('v1.3.0') && loss('v1.3.0') < loss('v2.0.0'));
  });

  it('is not the trigger when it came after the onset', () => {
    assert.equal(without({ ...culprit, time: ONSET + 300 }), null);
  });

  it('is not the trigger on a service that has nothing to do with the failure', () => {
    assert.equal(without(change('d', { service: 'blog' })), null);
  });

  it('is not the trigger when no deploy carried it out', () => {
    const never = { ...culprit, kind: 'other' as const, service: null, time: ONSET - 60 };
    const early = change('early', { time: ONSET - 86_400 });
    assert.equal(guiltyOf(question([never, early], failure)), null);
  });

  it('is not the trigger when it was rolled back before the onset, and neither is the rollback', () => {
    const bad = { ...culprit, time: ONSET - 400 };
    const back = change('back', { time: ONSET - 300, title: 'orders 2.4.2: roll back' });
    assert.equal(guiltyOf(question([bad], failure)), 'culprit');
    const { trigger, ranked } = judgeChanges(question([bad, back], failure));
    assert.equal(trigger, null);
    const told = (id: string): string =>
      ranked
        .find(({ change: one }) => one.id === id)!
        .evidence.map(({ statement }) => statement)
        .join(' ');
    assert.match(told('culprit'), /Was rolled back 5 min before the onset\./u);
    assert.match(told('back'), /Restores the version that ran before\./u);
  });

  it('is still the trigger when it was rolled back only afterwards, or another one was', () => {
    const bad = { ...culprit, time: ONSET - 400 };
    const late = change('back', { time: ONSET + 300, title: 'Revert "simplify voucher handling"' });
    assert.equal(guiltyOf(question([bad, late], failure)), 'culprit');
    const between = change('between', { time: ONSET - 350, files: ['README.md'] });
    const back = change('back', { time: ONSET - 300, title: 'roll back' });
    assert.equal(guiltyOf(question([bad, between, back], failure)), 'culprit');
  });

  it('gains less by words that the log used before the failure too', () => {
    const decoy = commit('d', 'feat: gifts', 'orders/gift.go', ['+\tparcel.Wrapped = gift(parcel)']);
    const failing = lines('orders', 'parcel wrapped too late');
    const chance = (log: LogLine[]): number => judgeChanges(question([decoy], log)).ranked[0]!.probability;
    const usual = lines('orders', 'parcel wrapped', 'info', ONSET - 7200);
    assert.ok(chance([...usual, ...failing]) < chance(failing) - 0.1);
  });
});

describe('no trigger', () => {
  it('is the answer without any change', () => {
    const { none, ranked, trigger } = judgeChanges(question([]));
    assert.deepEqual({ none, ranked, trigger }, { none: 1, ranked: [], trigger: null });
  });

  const mute = change('mute');
  const outside: [what: string, message: string][] = [
    ['a provider that fails', 'POST https://api.payments-provider.com/v1/charge: 503'],
    ['an expired certificate', 'x509: certificate has expired or is not yet valid'],
    ['names that do not resolve', 'dial tcp: lookup stock.shop.svc.cluster.local: no such host'],
    ['a host under pressure', 'Node vm-3 under memory pressure, evicting pods'],
    ['load from outside', 'shedding: too many requests'],
    ['a full disk', 'write /var/lib/data: no space left on device'],
  ];
  for (const [what, message] of outside) {
    it(`is the answer to ${what}, even with a deploy just before`, () => {
      const { none, trigger, noneEvidence } = judgeChanges(question([mute], lines('orders', message)));
      assert.equal(trigger, null);
      assert.ok(none > 0.75, `${none}`);
      assert.equal(noneEvidence.length, 1);
    });
  }

  it('is not the answer because a library of a public code host stands in a stack trace', () => {
    const trace = lines('orders', 'panic in voucher expiry at github.com/shop/orders/voucher.go:12');
    assert.equal(guiltyOf(question([culprit], trace)), 'culprit');
  });

  it('gains by what the caller knows of the outside', () => {
    const { none } = judgeChanges(
      question([mute], [], { outside: [{ statement: 'Traffic tripled.', strength: 1 }] }),
    );
    assert.ok(none > judgeChanges(question([mute])).none + 0.3);
  });
});

describe('the judgement', () => {
  const estate = [
    culprit,
    change('mute', { service: 'stock', time: ONSET - 400 }),
    commit('doc', 'docs', 'docs/a.md', ['+a'], { service: 'web' }),
    change('flag', { kind: 'flag', service: null, title: 'flag x on' }),
  ];

  it('shares a probability of 1 among the changes and none', () => {
    const { none, ranked } = judgeChanges(question(estate, failure));
    const sum = ranked.reduce((all, { probability }) => all + probability, none);
    assert.ok(Math.abs(sum - 1) < 1e-12);
  });

  it('does not depend on the order of what it is given', () => {
    const expected = JSON.stringify(judgeChanges(question(estate, failure)));
    fc.assert(
      fc.property(
        fc.shuffledSubarray(estate, { minLength: 4 }),
        fc.shuffledSubarray(failure, { minLength: 4 }),
        (changes, log) => {
          assert.equal(JSON.stringify(judgeChanges(question(changes, log))), expected);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('does not depend on when it happened', () => {
    const later = (by: number): ChangeQuestion => {
      const asked = question(
        estate.map((one) => ({ ...one, time: one.time + by })),
        failure.map((line) => ({ ...line, time: line.time + by })),
      );
      return {
        ...asked,
        onset: { ...asked.onset, time: ONSET + by },
        alert: { ...asked.alert, time: asked.alert.time + by },
      };
    };
    const shape = (asked: ChangeQuestion): unknown =>
      judgeChanges(asked).ranked.map(({ change: { id }, probability }) => [id, probability]);
    assert.deepEqual(shape(later(86_400)), shape(later(0)));
  });

  it('takes the first failing line for the onset when the alert is late', () => {
    const late = question([{ ...culprit, time: ONSET - 60 }], failure, {
      onset: { time: ONSET + 600, uncertaintySeconds: 60 },
    });
    // A count says no more than in which step it was: a second here.
    assert.equal(judgeChanges(late).ranked[0]!.lagSeconds, 60.5);
  });
});
