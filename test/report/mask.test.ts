import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { maskAddress, maskSecrets, withoutSecrets } from '../../report/mask.js';

describe('masking secrets', () => {
  const cases: [string, string][] = [
    ['GET https://admin:hunter2@db.example/x', 'GET https://***@db.example/x'],
    ['https://token@db.example', 'https://***@db.example'],
    ['postgres://app:p/s#s?w@db:5432/shop', 'postgres://***@db:5432/shop'],
    ['https://x.example/?token=abc&range=1h', 'https://x.example/?token=***&range=1h'],
    ['https://x.example/?sig=abc#top', 'https://x.example/?sig=***#top'],
    ['DB_PASSWORD=hunter2 make', 'DB_PASSWORD=*** make'],
    ['password: "two words", user: sam', 'password: "***", user: sam'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer ***'],
    ['authorization=c2VjcmV0', 'authorization=***'],
    ['{"authorization":"Basic b3BzOmFiYw=="}', '{"authorization":"Basic ***"}'],
    ['{\\"authorization\\":\\"Basic b3BzOmFiYw==\\"}', '{\\"authorization\\":\\"Basic ***\\"}'],
    ['sent bearer abcdefabcdef0123', 'sent bearer ***'],
    ['key AKIAABCDEFGHIJKLMNOP leaked', 'key *** leaked'],
    ['eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2ln', '***'],
    ['https://x.example/?token=abc&a=1&b=2', 'https://x.example/?token=***&a=1&b=2'],
    ['https://x.example/?token[]=abc&a=1', 'https://x.example/?token[]=***&a=1'],
    ['saw secret = abc', 'saw secret = ***'],
    [`token=${'s'.repeat(9000)} end`, 'token=*** end'],
  ];
  for (const [text, masked] of cases) {
    it(`writes ${JSON.stringify(text.slice(0, 60))} without its secret`, () => {
      assert.equal(maskSecrets(text), masked);
      assert.equal(maskSecrets(masked), masked, 'masking twice changed it again');
    });
  }

  const harmless = [
    'latency p95 went 20 ms -> 1.2 s at 10:38:05',
    'https://grafana.example:3000/d/abc?from=now-1h&to=now',
    'https://registry.example:8080/@scope/name',
    'mail team@shop.example',
    'the keyboard is broken: monkey=banana',
    'rate(logins_total{token=~"a.*"}[5m]) rose from 2 to 9',
    'rate(logins_total{token!~"a.*",secret!="b"}[5m])',
    'https://x.example/?token=&a=1',
  ];
  for (const text of harmless) {
    it(`leaves ${JSON.stringify(text)} as it is`, () => assert.equal(maskSecrets(text), text));
  }

  it('keeps the matchers of a query, which could not be pasted without them', () => {
    const query = 'rate(logins_total{token="refresh",auth=~"basic|none"}[5m])';
    assert.equal(maskAddress(query), query);
  });

  it('masks what stands under a telling name, at any depth, and changes nothing else', () => {
    const data = {
      labels: { api_token: 'abc', team: 'shop' },
      list: [{ url: 'http://a:b@c/' }],
      count: 3,
      none: null,
    };
    assert.deepEqual(withoutSecrets(data), {
      labels: { api_token: '***', team: 'shop' },
      list: [{ url: 'http://***@c/' }],
      count: 3,
      none: null,
    });
  });

  for (const piece of [
    'eyJ-',
    'a://b:',
    'a://',
    'token=',
    'token:"',
    'eyJaaaaaaaa.',
    'secret',
    'x-',
    'a.',
    'bearer ',
  ]) {
    it(`reads 200 KB of ${JSON.stringify(piece)} in less than two seconds`, () => {
      const begin = performance.now();
      maskSecrets(piece.repeat(200_000 / piece.length));
      assert.ok(performance.now() - begin < 2000);
    });
  }
});
