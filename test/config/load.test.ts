import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ConfigError, loadConfig, redact, type LoadedConfig } from '../../config/load.js';

const MINIMAL = 'metrics:\n  type: prometheus\n  url: http://prom:9090\n';

describe('configuration', () => {
  let cwd: string;

  beforeEach(async () => {
    cwd = await mkdtemp(path.join(os.tmpdir(), 'faultline-config-'));
  });

  afterEach(() => rm(cwd, { recursive: true, force: true }));

  const load = async (yaml: string, env: Record<string, string> = {}): Promise<LoadedConfig> => {
    await writeFile(path.join(cwd, 'faultline.yml'), yaml);
    return loadConfig({ cwd, env });
  };

  const complaint = async (yaml: string, env: Record<string, string> = {}): Promise<string> => {
    const error: unknown = await load(yaml, env).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof ConfigError, `expected a ConfigError, got ${String(error)}`);
    return error.message;
  };

  describe('lookup', () => {
    it('reads faultline.yml of the working directory', async () => {
      const loaded = await load(MINIMAL);
      assert.equal(loaded.file, path.join(cwd, 'faultline.yml'));
      assert.equal(loaded.config.followUp.maxDurationSeconds, 21_600);
    });

    it('prefers the file that the user names to FAULTLINE_CONFIG, and that to faultline.yml', async () => {
      for (const name of ['faultline', 'variable', 'option']) {
        await writeFile(path.join(cwd, `${name}.yml`), `environment: ${name}\n${MINIMAL}`);
      }
      const env = { FAULTLINE_CONFIG: 'variable.yml' };
      const environmentOf = async (options: object): Promise<string> =>
        (await loadConfig({ cwd, env: {}, ...options })).config.environment;
      assert.equal(await environmentOf({ env, file: 'option.yml' }), 'option');
      assert.equal(await environmentOf({ env }), 'variable');
      assert.equal(await environmentOf({}), 'faultline');
    });

    it('says that a named file does not exist', async () => {
      await assert.rejects(loadConfig({ cwd, env: {}, file: 'none.yml' }), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.equal(error.message, `${path.join(cwd, 'none.yml')}: there is no such file`);
        return true;
      });
    });

    it('does without a file when the environment says everything', async () => {
      const env = { FAULTLINE__METRICS__TYPE: 'prometheus', FAULTLINE__METRICS__URL: 'http://prom:9090' };
      const loaded = await loadConfig({ cwd, env });
      assert.equal(loaded.file, null);
      assert.equal(loaded.directory, cwd);
    });

    it('says what to write when there is neither', async () => {
      await assert.rejects(loadConfig({ cwd, env: {} }), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /^metrics: is missing; expected/);
        assert.match(
          error.message,
          /no configuration file: there is no .*faultline\.yml; write one, or name yours/,
        );
        return true;
      });
    });

    it('resolves relative files against the folder of the file', async () => {
      await mkdir(path.join(cwd, 'etc'));
      await writeFile(
        path.join(cwd, 'etc', 'f.yml'),
        'metrics: {type: recording, file: a.gz}\npacks: {files: [own.yml]}\nchanges: [{type: file, name: d, file: /abs/d.json}]\n',
      );
      const { config, directory } = await loadConfig({ cwd, env: {}, file: 'etc/f.yml' });
      assert.equal(directory, path.join(cwd, 'etc'));
      assert.equal(
        config.metrics[0]?.type === 'recording' && config.metrics[0].file,
        path.join(cwd, 'etc/a.gz'),
      );
      assert.deepEqual(config.packs.files, [path.join(cwd, 'etc/own.yml')]);
      assert.equal(config.changes[0]?.type === 'file' && config.changes[0].file, '/abs/d.json');
      assert.equal(config.store.directory, path.join(cwd, 'etc/.faultline/store'));
    });
  });

  describe('environment', () => {
    it('fills in variables and defaults, as numbers where numbers belong', async () => {
      const yaml = `${MINIMAL}  timeoutSeconds: \${T}\n  tenant: \${TENANT:-42}\n  headers: {X-A: "a-\${H:-}-\${H2}"}\n`;
      const { config } = await load(yaml, { T: '7.5', H: '', H2: 'z' });
      assert.deepEqual(
        config.metrics[0]?.type === 'prometheus' && [
          config.metrics[0].timeoutSeconds,
          config.metrics[0].tenant,
          config.metrics[0].headers,
        ],
        [7.5, '42', { 'X-A': 'a--z' }],
      );
    });

    it('keeps a text of digits a text where a text belongs', async () => {
      const yaml = `${MINIMAL}  auth: {type: bearer, token: "\${TOKEN}"}\n`;
      const { config } = await load(yaml, { TOKEN: '123456' });
      assert.deepEqual(config.metrics[0]?.type === 'prometheus' && config.metrics[0].auth, {
        type: 'bearer',
        token: '123456',
      });
    });

    it('leaves an escaped placeholder as it is written', async () => {
      const { config } = await load(`environment: a$\${B}\n${MINIMAL}`);
      assert.equal(config.environment, 'a${B}');
    });

    it('names path and variable of every one that is missing', async () => {
      const yaml = `environment: \${ENVIRONMENT}\n${MINIMAL}  auth: {type: bearer, token: "\${PROM_TOKEN}"}\n`;
      assert.equal(
        await complaint(yaml),
        [
          'faultline.yml: environment: the environment variable ENVIRONMENT is not set; set it, or give a default: ${ENVIRONMENT:-...}',
          'faultline.yml: metrics.auth.token: the environment variable PROM_TOKEN is not set; set it, or give a default: ${PROM_TOKEN:-...}',
        ].join('\n'),
      );
    });

    it('lays overrides over the file, into lists and words of several parts', async () => {
      const yaml = `${MINIMAL}sinks: [{type: webhook, name: a, url: "http://a"}]\n`;
      const { config } = await load(yaml, {
        FAULTLINE__METRICS__TIMEOUT_SECONDS: '3',
        FAULTLINE__FOLLOW_UP__MAX_DURATION_SECONDS: '60',
        FAULTLINE__SINKS__0__URL: 'https://b/x',
        FAULTLINE__PACKS__USE: '[otel-http, istio]',
        FAULTLINE__METRICS__HEADERS__X_Scope: 'v',
      });
      assert.equal(config.metrics[0]?.type === 'prometheus' && config.metrics[0].timeoutSeconds, 3);
      assert.deepEqual(config.metrics[0]?.type === 'prometheus' && config.metrics[0].headers, {
        X_Scope: 'v',
      });
      assert.equal(config.followUp.maxDurationSeconds, 60);
      const [sink] = config.sinks;
      assert.equal(sink?.type === 'webhook' && sink.url, 'https://b/x');
      assert.deepEqual(config.packs.use, ['otel-http', 'istio']);
    });

    it('names the nearest setting of an override that fits nothing', async () => {
      assert.equal(
        await complaint(MINIMAL, { FAULTLINE__METRCS__URL: 'x' }),
        "faultline.yml: FAULTLINE__METRCS__URL: there is no setting 'METRCS'; did you mean 'metrics'?",
      );
    });
  });

  describe('messages', () => {
    const CASES: [name: string, yaml: string, expected: string][] = [
      [
        'an address without a scheme',
        'metrics:\n  type: prometheus\n  url: prom:9090\n',
        "faultline.yml:3: metrics.url: expected an http(s) address, got 'prom:9090'; write http://prom:9090",
      ],
      [
        'an unknown setting with a near one',
        `${MINIMAL}  timeoutSecond: 3\n`,
        "faultline.yml:4: metrics.timeoutSecond: there is no such setting; write 'timeoutSeconds'",
      ],
      [
        'an unknown setting with none near',
        `${MINIMAL}log: {colour: red}\n`,
        'faultline.yml:4: log.colour: there is no such setting; known here: level',
      ],
      [
        'a missing setting',
        'metrics:\n  type: prometheus\n',
        'faultline.yml:2: metrics.url: is missing; expected an http(s) address',
      ],
      [
        'a wrong choice',
        `${MINIMAL}log:\n  level: warning\n`,
        "faultline.yml:5: log.level: expected one of 'debug', 'info', 'warn', 'error', got 'warning'; write 'warn'",
      ],
      [
        'a wrong kind of sink',
        `${MINIMAL}sinks:\n  - {type: webhok, name: a, url: "http://a"}\n`,
        "faultline.yml:5: sinks[0].type: expected one of 'webhook', 'slack', 'pagerduty', 'github', 'jira', 'grafana', 'teams', 'email', got 'webhok'; write 'webhook'",
      ],
      [
        'two sinks of one name',
        `${MINIMAL}sinks:\n  - {type: webhook, name: a, url: "http://a"}\n  - {type: webhook, name: a, url: "http://b"}\n`,
        "faultline.yml:6: sinks[1].name: sinks[0] has the name 'a' already; give each its own",
      ],
      [
        'a sink for what never happens',
        `${MINIMAL}sinks:\n  - {type: webhook, name: boss, url: "http://a", route: {when: escalated}}\n`,
        'faultline.yml:5: sinks[0].route.when: nothing is ever escalated, so boss would hear of nothing; set followUp.escalateAfterSeconds',
      ],
      [
        'a spelling of two services',
        `${MINIMAL}services:\n  aliases:\n    payment: [pay]\n    ledger: [books, Pay]\n`,
        'faultline.yml:7: services.aliases.ledger[1]: expected a text that means ledger alone, Pay means payment as well',
      ],
      [
        'a wrong type',
        `${MINIMAL}webhook: {port: [1]}\n`,
        'faultline.yml:4: webhook.port: expected a number, got a list',
      ],
      [
        'a number out of bounds',
        `${MINIMAL}diagnosis: {baselineSeconds: 0}\n`,
        'faultline.yml:4: diagnosis.baselineSeconds: expected a number above 0, got 0',
      ],
      [
        'a choice between kinds',
        `${MINIMAL}packs: {use: 3}\n`,
        "faultline.yml:4: packs.use: expected 'auto' or a list, got 3",
      ],
      [
        'YAML that cannot be read',
        'metrics:\n  type: "prometheus\n',
        'faultline.yml:2: not valid YAML: the quoted text that begins at column 9 is not closed; close it',
      ],
      [
        'a bracket that is not closed',
        `${MINIMAL}sinks: [ {}\nlog: {}\n`,
        'faultline.yml:4: not valid YAML: the bracket that begins at column 8 is not closed; close it',
      ],
      [
        'the same setting twice',
        `${MINIMAL}metrics: {}\n`,
        'faultline.yml:4: not valid YAML at column 1: Map keys must be unique; check brackets, quotes and indentation at this line and above it',
      ],
      [
        'one source of a list',
        'metrics:\n  - {type: prometheus, name: a, url: "http://prom"}\n  - {type: prometheus, name: b, url: prom:9}\n',
        "faultline.yml:3: metrics[1].url: expected an http(s) address, got 'prom:9'; write http://prom:9",
      ],
      [
        'two sources of one name',
        'metrics:\n  - {type: prometheus, url: "http://a"}\n  - {type: prometheus, url: "http://b"}\n',
        'faultline.yml:3: metrics[1].name: expected a name of its own, metrics has a source prometheus as well',
      ],
    ];
    for (const [name, yaml, expected] of CASES) {
      it(`says where, what and how to mend ${name}`, async () =>
        assert.equal(await complaint(yaml), expected));
    }

    it('lists every problem at once', async () => {
      const lines = (await complaint('foo: 1\nlog: {level: x}\n')).split('\n');
      assert.deepEqual(
        lines.map((line) => line.split(': ')[1]),
        ['metrics', 'log.level', 'foo'],
      );
    });

    it('never shows a secret of the wrong type', async () => {
      const message = await complaint(`${MINIMAL}  auth: {type: bearer, token: 987654321}\n`);
      assert.equal(message, 'faultline.yml:4: metrics.auth.token: expected a text, got a number');
    });
  });

  it('expects a bucket name, a prefix that is a folder, and the two keys of a bucket together', async () => {
    const s3 = (more: string): string => `${MINIMAL}store: {s3: {endpoint: "https://s3.example", ${more}}}`;
    assert.match(await complaint(s3('bucket: No')), /store\.s3\.bucket: expected 3 to 63 lower-case letters/);
    assert.match(
      await complaint(s3('bucket: abc, prefix: /x')),
      /store\.s3\.prefix: expected folders that end/,
    );
    assert.match(
      await complaint(s3('bucket: abc, accessKeyId: a')),
      /store\.s3\.secretAccessKey: expected accessKeyId and secretAccessKey together/,
    );
  });

  it('gathers secrets and takes them out of texts', async () => {
    const { secrets } = await load(
      [
        'metrics: {type: prometheus, url: "http://u:p%40ssword@prom", auth: {type: basic, username: me, password: hunter22}, headers: {X-Key: key-in-header}}',
        'webhook: {auth: {type: bearer, tokens: [token-one, token-two]}}',
        'sinks: [{type: webhook, name: s, url: "http://s", signingSecret: sign-here}]',
      ].join('\n'),
    );
    assert.deepEqual(
      new Set(secrets),
      new Set(['p@ssword', 'hunter22', 'key-in-header', 'token-one', 'token-two', 'sign-here']),
    );
    assert.equal(
      redact('GET http://u:p%40ssword@prom with token-two, not token-three', secrets),
      'GET http://u:***@prom with ***, not token-three',
    );
  });

  it('takes a password in an address as it is where a % begins no code', async () => {
    const { secrets } = await load('metrics: {type: prometheus, url: "http://u:100%ig@prom"}');
    assert.deepEqual(secrets, ['100%ig']);
  });

  it('says what to write where a password breaks its address, and does not show it', async () => {
    for (const password of ['pa/ss', 'pa?ss', 'pa#ss', '12#ss']) {
      const text = await complaint(`metrics: {type: prometheus, url: "http://me:${password}@prom:9090"}`);
      assert.match(text, /metrics\.url: expected an /);
      assert.match(text, /%23/);
      assert.ok(!text.includes(password), text);
    }
  });

  it('refuses an auth that is said twice or not at all, by its setting', async () => {
    for (const auth of ['{type: bearer}', '{type: bearer, token: a, tokenFile: b}']) {
      assert.match(
        await complaint(`metrics: {type: prometheus, url: "http://prom", auth: ${auth}}`),
        /metrics\.auth: expected either token or tokenFile/,
      );
    }
  });

  it('redacts secrets in the base64 of a login, and no other', () => {
    const login = Buffer.from('ops:password-one').toString('base64');
    assert.equal(
      redact(`"Basic ${login}", etag c29tZXRoaW5n`, ['password-one']),
      '"Basic ***", etag c29tZXRoaW5n',
    );
  });
});
