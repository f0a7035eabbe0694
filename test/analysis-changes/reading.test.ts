import assert from 'node:assert/strict';
import { readChange } from '../../analysis/changes/diff.js';
import { effectOf, placeOf } from '../../analysis/changes/effect.js';
import { wordsOf, wordsOfName } from '../../analysis/changes/words.js';
import type { Change } from '../../model/change.js';

function change(over: Partial<Change> & { diff?: string[] }): Change {
  const { diff = [], ...rest } = over;
  const whole: Change = {
    id: 'c',
    kind: 'deploy',
    time: 1000,
    service: 'orders',
    title: 'do things',
    details: ['do things', '', ...diff].join('\n'),
    files: ['orders/a.go'],
    author: null,
    link: null,
    source: 'test',
  };
  return { ...whole, ...rest };
}
const harm = (diff: string[], files = ['orders/a.go']): string =>
  readChange(change({ diff: ['@@', ...diff], files })).harm;

describe('words of a text', () => {
  it('are the parts of identifiers, stemmed, their neighbours and the identifiers', () => {
    assert.deepEqual(
      wordsOf('readHTTPBody(cart_items)').map(({ stem, whole }) => [stem, whole]),
      [
        ['read_http', true],
        ['http_body', true],
        ['read_http_body', true],
        ['read', false],
        ['bodi', false],
        ['cart_items', true],
        ['cart', false],
        ['item', false],
      ],
    );
  });

  it('leave out what every program and every failure says', () => {
    assert.deepEqual(wordsOf('if err != nil { return error 500 } x'), []);
  });

  it('meet in their stems', () => {
    const stems = (text: string): string[] => wordsOf(text).map(({ stem }) => stem);
    assert.deepEqual(stems('batching vouchers'), stems('batches voucher'));
  });

  it('include the long form of what programs shorten', () => {
    assert.deepEqual(
      wordsOf('conns').map(({ stem }) => stem),
      wordsOf('connection').map(({ stem }) => stem),
    );
  });

  it('include the name of a service without its suffix', () => {
    assert.ok(wordsOfName('paymentservice').includes('payment'));
    assert.deepEqual(wordsOfName('cart-svc'), ['cart']);
  });
});

describe('reading a change', () => {
  it('tells what is gone from what is new, altered or only near', () => {
    const { words } = readChange(
      change({
        diff: [
          '@@ func settle() @@',
          ' ledger.Open()',
          '-voucher.Check(limit, 8)',
          '+coupon.Check(limit, 2)',
        ],
      }),
    );
    const weight = (stem: string): number => words.get(stem)?.weight ?? 0;
    assert.ok(weight('voucher') > weight('coupon'));
    assert.ok(weight('coupon') > weight('limit'));
    assert.ok(weight('limit') > weight('ledger') && weight('ledger') > 0);
  });

  it('takes a setting for the subject of a change of its value', () => {
    const { words } = readChange(
      change({ files: ['deploy/app.yaml'], diff: ['@@', '-  pool_size: 50', '+  pool_size: 5'] }),
    );
    assert.ok(words.get('pool')!.weight > 0.6);
  });

  const cases: [what: string, expected: string, diff: string[], files?: string[]][] = [
    ['a removed guard', 'substantial', ['-if x == nil { return }', '+use(x)']],
    ['a comment', 'comments-only', ['-// old words', '+// new words']],
    ['spacing', 'comments-only', ['-call( a )', '+call(a)']],
    ['a log line', 'says-only', ['-log.Debug("a")', '+log.Info("a", term)']],
    [
      'the text of an answer',
      'says-only',
      ['-  res.status(500).json({ error })', '+  res.status(500).json({ error, scope })'],
    ],
    ['a log line and more', 'substantial', ['-log.Debug("a")', '+log.Info("a")', '+retry(a)']],
    [
      'an extracted function',
      'moved',
      [
        '-total := sum(rows)',
        '+total := totalOf(rows)',
        '+func totalOf(rows []int) int {',
        '+\treturn sum(rows)',
      ],
    ],
    ['a condition that grew', 'substantial', ['-WHERE a = 1', '+WHERE a = 1 AND b = 2']],
    ['a patch version', 'patch-bump', ['-lib v1.2.3', '+lib v1.2.4'], ['go.mod', 'go.sum']],
    ['a minor version', 'minor-bump', ['-lib v1.2.3', '+lib v1.3.0'], ['go.mod']],
    ['a major version', 'substantial', ['-"lib": "^1.2.3"', '+"lib": "^2.0.0"'], ['package.json']],
    ['a test', 'inert-files', ['+x'], ['orders/a_test.go', 'docs/a.md']],
    ['a style sheet', 'inert-files', ['-a { b: c }', '+a { b: d }'], ['web/a.css']],
    ['a test and code', 'substantial', ['+call(x)'], ['orders/a_test.go', 'orders/a.go']],
  ];
  for (const [what, expected, diff, files] of cases) {
    it(`calls ${what} ${expected}`, () => assert.equal(harm(diff, files), expected));
  }

  it('knows that a deploy without text says nothing', () => {
    assert.equal(readChange(change({ files: [] })).readable, false);
    assert.equal(readChange(change({ files: [], kind: 'flag', service: null })).readable, true);
  });
});

describe('when and where a change took effect', () => {
  const services = ['orders', 'cart-api', 'paymentservice'];
  const deploys = [
    change({ id: 'd1', time: 500, service: 'orders' }),
    change({ id: 'd2', time: 2000, service: 'cart-api' }),
    change({ id: 'd3', time: 3000, service: 'orders' }),
  ];
  const commit = (files: string[]): Change =>
    change({ id: 'k', kind: 'other', service: null, time: 1000, files });

  it('is told by the change that names a service', () => {
    assert.deepEqual(effectOf(deploys[1]!, deploys, services), {
      time: 2000,
      services: ['cart-api'],
      named: true,
    });
  });

  it('is the next deploy of the service that owns its files', () => {
    assert.deepEqual(effectOf(commit(['services/orders/x.go']), deploys, services), {
      time: 3000,
      services: ['orders'],
      named: false,
    });
    assert.deepEqual(effectOf(commit(['services/cart/api/x.go']), deploys, services).services, ['cart-api']);
    assert.deepEqual(effectOf(commit(['services/payment/x.go']), deploys, services), {
      time: null,
      services: ['paymentservice'],
      named: false,
    });
  });

  it('is the next deploy of any service for shared code', () => {
    assert.deepEqual(effectOf(commit(['pkg/money/x.go']), deploys, services), {
      time: 2000,
      services: [],
      named: false,
    });
  });

  it('is its own time where nothing is known of deploys', () => {
    assert.equal(effectOf(commit(['pkg/money/x.go']), [], services).time, 1000);
  });

  it('is near the failure along the calls and not beside them', () => {
    const edge = (caller: string, callee: string) => ({
      caller,
      callee,
      learntFrom: { source: 'test', seenAt: null },
    });
    const graph = {
      services: [],
      edges: [edge('web', 'orders'), edge('orders', 'stock'), edge('stock', 'db')],
      placements: [],
      external: [],
    };
    const place = (service: string): string => placeOf([service], ['orders', 'web'], graph);
    assert.deepEqual(['orders', 'web', 'db', 'blog'].map(place), [
      'suspect',
      'failing',
      'callee',
      'unrelated',
    ]);
    assert.equal(placeOf(['web'], ['orders'], graph), 'caller');
    assert.equal(placeOf([], ['orders'], graph), 'shared');
  });
});
