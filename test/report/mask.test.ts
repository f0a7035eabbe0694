import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { maskAddress, maskSecrets, withoutSecrets } from '../../report/mask.js';

describe('masking secrets', () => {
  const PEM = ['-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----'] as const;
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
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend', `${PEM.join('***')}\nend`],
    // Cut by the sender: all that is left of it goes.
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\nab', `${PEM[0]}***`],
    ['Cookie: sid=abc; theme=dark', 'Cookie: ***'],
    ['Set-Cookie: sid=abc; Path=/\nnext', 'Set-Cookie: ***\nnext'],
    ['"cookie":"sid=abc; a=b"', '"cookie":"***"'],
    ['session_id=abc session=def', 'session_id=*** session=***'],
    ['DB_PASS=hunter2 make', 'DB_PASS=*** make'],
    ['pass=abc, pass: def, passphrase: ghi', 'pass=***, pass: ***, passphrase: ***'],
    ['psql --password hunter2 -h db --pass x', 'psql --password *** -h db --pass ***'],
    ['the password is hunter2 now', 'the password is *** now'],
    ['password: correct horse battery', 'password: ***'],
    ['password => x', 'password => ***'],
    ['<password>x</password>', '<password>***</password>'],
    ['{\\"password\\":\\"x y\\",\\"a\\":1}', '{\\"password\\":\\"***\\",\\"a\\":1}'],
    ['root:x@tcp(db:3306)/shop', 'root:***@tcp(db:3306)/shop'],
    ['postgres://app:p@ss/w0rd@db/x', 'postgres://***@db/x'],
    ['AccountName=a;AccountKey=abc==;End=1', 'AccountName=a;AccountKey=***;End=1'],
    ['Basic b3BzOmFiYw==', 'Basic ***'],
    ['sent bearer abcdef12', 'sent bearer ***'],
    ['https://hooks.slack.com/services/T0/B0/xyz', 'https://hooks.slack.com/services/***'],
    ['https://discord.com/api/webhooks/1/abc', 'https://discord.com/api/webhooks/***'],
    ['https://x.example/cb?code=abc&state=1', 'https://x.example/cb?code=***&state=1'],
    ['otp: 123456', 'otp: ***'],
    ...[
      `AIza${'a'.repeat(35)}`,
      `sk_live_${'a'.repeat(24)}`,
      `rk_live_${'a'.repeat(24)}`,
      `npm_${'a'.repeat(36)}`,
      `SG.${'a'.repeat(22)}.${'b'.repeat(43)}`,
      `SK${'0a'.repeat(16)}`,
      `hf_${'a'.repeat(34)}`,
      `hvs.${'a'.repeat(24)}`,
    ].map((key): [string, string] => [`key ${key}, end`, 'key ***, end']),
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
    'tests passed: 4, compass: north, bypass=true',
    'error code: 500, http code=503',
    'basic auth failed; basic usage of the tool',
    'the session is closed, and its password is wrong',
    'password reset failed; the cookie banner is broken',
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
      labels: { api_token: 'abc', db_pass: 'a', passphrase: 'b', cookie: 'c', session: 'd', team: 'shop' },
      keys: { authorization: ['a', 'b'] },
      list: [{ url: 'http://a:b@c/' }],
      count: 3,
      none: null,
    };
    assert.deepEqual(withoutSecrets(data), {
      labels: {
        api_token: '***',
        db_pass: '***',
        passphrase: '***',
        cookie: '***',
        session: '***',
        team: 'shop',
      },
      keys: { authorization: ['***', '***'] },
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
    '-----BEGIN PRIVATE KEY-----',
    'pass=',
    '--password ',
    'password is ',
    'password: *** ab ',
    '<password>',
    '\\"password\\":\\"',
    'a:b@',
    'Basic A',
    'cookie: ',
    'https://hooks.slack.com/services/',
    'session-',
  ]) {
    it(`reads 200 KB of ${JSON.stringify(piece)} in less than two seconds`, () => {
      const begin = performance.now();
      maskSecrets(piece.repeat(200_000 / piece.length));
      assert.ok(performance.now() - begin < 2000);
    });
  }
});
