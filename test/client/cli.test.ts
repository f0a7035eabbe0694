import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import type { CliDependencies } from '../../client/cli/context.js';
import { buildClientCommands, createProgram, runProgram } from '../../client/cli/program.js';
import {
  AmbiguousId,
  IncidentNotFound,
  NoWorker,
  Refused,
  TemporalUnavailable,
} from '../../client/errors.js';
import { ConfigError } from '../../config/problems.js';
import type { Progress } from '../../model/progress.js';
import { T0 } from '../support/anomalies.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { aRecord, aRow, fakeIncidents, INCIDENT_ID, type FakeIncidents } from '../support/fake-incidents.js';
import { fakeTerminal } from '../support/terminal.js';

const NOW = T0 + 600;

interface Run {
  code: number;
  out: string;
  err: string;
  incidents: FakeIncidents;
}

interface World {
  incidents?: FakeIncidents;
  isTTY?: boolean;
  columns?: number;
  env?: NodeJS.ProcessEnv;
  loadSettings?: CliDependencies['loadSettings'];
}

/** Runs the program as a shell would: `faultline("show x --json")`. */
async function faultline(args: string | string[], world: World = {}): Promise<Run> {
  const { incidents = fakeIncidents(), isTTY = false, columns = 100, env = {} } = world;
  const [stdout, stderr] = [fakeTerminal({ isTTY, columns }), fakeTerminal({ isTTY, columns })];
  const deps: CliDependencies = {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    user: 'ann',
    now: () => NOW,
    loadSettings: world.loadSettings ?? (() => Promise.resolve({ environment: 'production', temporal: {} })),
    openIncidents: () => incidents,
    render: {
      markdown: (record) => `# ${record.id}\n`,
      text: (record, { width, color }) =>
        `summary of ${record.id} (${width}, ${color ? 'colours' : 'plain'})\n`,
    },
    watchEveryMilliseconds: 1,
  };
  const program = createProgram(deps, '1.2.3');
  buildClientCommands(program, deps);
  const code = await runProgram(
    program,
    typeof args === 'string' ? args.split(' ').filter(Boolean) : args,
    deps,
  );
  return { code, out: stdout.text(), err: stderr.text(), incidents };
}

interface JsonError {
  error: { code: string; message: string; exitCode: number };
}

describe('the command line', () => {
  it('lists its commands and exit codes in its help', async () => {
    const { code, out } = await faultline('--help');
    assert.equal(code, 0);
    for (const word of ['start', 'watch', 'show', 'list', 'ack', 'feedback', 'cancel', 'Exit codes:']) {
      assert.ok(out.includes(word), word);
    }
  });

  it('shows its help when nothing is asked, as bad usage', async () => {
    const { code, out, err } = await faultline('');
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, /^Usage: faultline/);
  });

  it('says its version', async () => {
    assert.deepEqual(await faultline('--version').then(({ code, out }) => [code, out]), [0, '1.2.3\n']);
  });

  const badUsage: [string, RegExp][] = [
    ['strat', /unknown command 'strat'\n\(Did you mean start\?\)/],
    ['list --stat open', /unknown option '--stat'\n\(Did you mean --state\?\)/],
    ['start --symptom latency', /required option '--service <name>' not specified/],
    ['start --service x', /required option '--symptom <kind>' not specified/],
    [
      'start --service x --symptom sad',
      /'--symptom <kind>' argument 'sad' is invalid. Allowed choices are latency, errors/,
    ],
    [
      'start --service x --symptom latency --since soon',
      /'--since <time>' argument 'soon' is invalid. Expected a time: 10m/,
    ],
    ['start --service x --symptom latency --since tomorrow', /'--since <time>' .* It lies in the future/],
    [
      'start --service x --symptom latency --since 1h --at 10:42',
      /'--since <time>' cannot be used with option '--at <time>'/,
    ],
    ['start --service x --symptom latency --severity bad', /'--severity <level>' argument 'bad' is invalid/],
    [
      'list --state sleeping',
      /'--state <state...>' argument 'sleeping' is invalid. Allowed choices are open, closed, investigating/,
    ],
    ['list --limit 0', /'--limit <number>' argument '0' is invalid. Expected a whole number from 1 to 1000/],
    ['list --limit many', /Expected a whole number/],
    ['show', /missing required argument 'id'/],
    ['show a b', /too many arguments for 'show'/],
    [
      'show a --format html',
      /'--format <format>' argument 'html' is invalid. Allowed choices are text, md, json/,
    ],
    ['watch a --require proof', /'--require <level>' argument 'proof' is invalid/],
    [
      'feedback a maybe',
      /command-argument value 'maybe' is invalid for argument 'feedback'. Allowed choices are right, wrong/,
    ],
    ['feedback a right --service b', /--service and --fault-kind correct a diagnosis: give them with "wrong"/],
    [
      'feedback a wrong --fault-kind gremlin',
      /'--fault-kind <kind>' argument 'gremlin' is invalid. Allowed choices are cpu/,
    ],
  ];
  for (const [args, message] of badUsage) {
    it(`refuses "faultline ${args}" by name, with code 2`, async () => {
      const { code, out, err, incidents } = await faultline(args);
      assert.equal(code, 2);
      assert.equal(out, '');
      assert.match(err, message);
      assert.match(err, /^error: /);
      assert.deepEqual(incidents.asked, []);
    });

    it(`refuses "faultline ${args} --json" as one document`, async () => {
      const { code, err } = await faultline(`${args} --json`);
      assert.equal(code, 2);
      const { error } = JSON.parse(err) as JsonError;
      assert.equal(error.exitCode, 2);
      assert.ok(error.message.length > 0 && !error.message.startsWith('error:'));
    });
  }

  const failures: [Error, string, number][] = [
    [new IncidentNotFound('There is no incident "x"'), 'not-found', 3],
    [new TemporalUnavailable('Temporal at t does not answer'), 'temporal-unavailable', 4],
    [new NoWorker('no worker'), 'no-worker', 5],
    [new Refused('closed'), 'refused', 6],
    [new AmbiguousId('"x" fits 2 incidents'), 'ambiguous-id', 2],
    [new Error('surprise'), 'failure', 1],
  ];
  for (const [failure, name, exitCode] of failures) {
    it(`ends with ${exitCode} for ${name}, and always hangs up`, async () => {
      const failing = () => fakeIncidents({ show: () => Promise.reject(failure) });
      const plain = await faultline('show x', { incidents: failing() });
      assert.deepEqual([plain.code, plain.out, plain.err], [exitCode, '', `error: ${failure.message}\n`]);
      assert.equal(plain.incidents.closed, true);
      const json = await faultline('show x --json', { incidents: failing() });
      assert.equal(json.code, exitCode);
      assert.equal(json.out, '');
      assert.deepEqual(JSON.parse(json.err), { error: { code: name, message: failure.message, exitCode } });
    });
  }

  it('shows where it failed when asked to', async () => {
    const incidents = fakeIncidents({ show: () => Promise.reject(new Error('surprise')) });
    const { err } = await faultline('show x', { incidents, env: { FAULTLINE_DEBUG: '1' } });
    assert.match(err, /^error: surprise\nError: surprise\n {4}at /);
  });

  it('ends with 2 when the configuration cannot be used, and passes its file on', async () => {
    const seen: (string | undefined)[] = [];
    const loadSettings = (file: string | undefined) => {
      seen.push(file);
      const problem = { path: 'temporal.uiUrl', problem: 'expected an address', remedy: '', line: 3 };
      return Promise.reject(new ConfigError('my.yml', [problem]));
    };
    const { code, err } = await faultline('list --config my.yml', { loadSettings });
    assert.deepEqual(
      [code, err, seen],
      [2, 'error: my.yml:3: temporal.uiUrl: expected an address\n', ['my.yml']],
    );
  });
});

describe('faultline start', () => {
  it('starts a diagnosis in the configured environment and says how to follow it', async () => {
    const { code, out, incidents } = await faultline(
      'start --service checkout --symptom latency --since 10m',
    );
    assert.equal(code, 0);
    assert.deepEqual(incidents.asked, [
      [
        'start',
        {
          environment: 'production',
          service: 'checkout',
          symptom: 'latency',
          severity: 'warning',
          since: T0,
          title: undefined,
        },
      ],
    ]);
    assert.equal(
      out,
      `Started ${INCIDENT_ID}\ncheckout: latency since 2026-11-24 10:42:50 UTC\nFollow it: faultline watch ${INCIDENT_ID}\n`,
    );
  });

  it('takes everything that may be said', async () => {
    const { incidents } = await faultline([
      ...['start', '--service', 'cart', '--symptom', 'errors', '--at', '10:42', '--environment', 'staging'],
      ...['--severity', 'critical', '--title', 'cart is red'],
    ]);
    assert.deepEqual(incidents.asked[0]?.[1], {
      environment: 'staging',
      service: 'cart',
      symptom: 'errors',
      severity: 'critical',
      since: Date.UTC(2026, 10, 24, 10, 42) / 1000,
      title: 'cart is red',
    });
  });

  it('means now when it is not told when', async () => {
    const { incidents } = await faultline('start --service cart --symptom errors');
    assert.equal((incidents.asked[0]?.[1] as { since: number }).since, NOW);
  });

  it('answers in JSON', async () => {
    const { out } = await faultline('start --service cart --symptom errors --since 10m --json');
    assert.deepEqual(JSON.parse(out), { id: INCIDENT_ID, joined: false, since: T0 });
  });

  it('says that an incident looks after it already', async () => {
    const joining = fakeIncidents({
      start: () => Promise.resolve({ fingerprint: 'f', workflowId: INCIDENT_ID, joined: true }),
    });
    const { out } = await faultline('start --service cart --symptom errors', { incidents: joining });
    assert.match(out, /^Looked after already by incident\/checkout/);
  });

  it('goes on to watch when asked, and --require implies it', async () => {
    for (const option of ['--watch', '--require suspected']) {
      const { code, out, incidents } = await faultline(`start --service cart --symptom errors ${option}`);
      assert.equal(code, 0);
      assert.deepEqual(
        incidents.asked.map(([what]) => what),
        ['start', 'watch', 'show'],
      );
      assert.match(out, /^Started [\s\S]*summary of incident\/checkout/);
    }
  });
});

describe('faultline watch', () => {
  it('prints plain lines as steps change, then the summary, where there is no terminal', async () => {
    const { code, out } = await faultline('watch 9f3c2e');
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        'Collecting',
        '  ▸ collect golden',
        'Suspected: payment',
        '  ✓ collect golden: 20 series (4 s)',
        '  ✗ collect hosts: no answer (1 min 35 s)',
        '  ✗ collect edges: failed',
        '',
        `summary of ${INCIDENT_ID} (100, plain)`,
        '',
      ].join('\n'),
    );
  });

  it('redraws one live block on a terminal', async () => {
    const { out } = await faultline('watch 9f3c2e', { isTTY: true, env: { TERM: 'xterm-256color' } });
    assert.ok(out.includes('\u001b['), 'moves the cursor');
    const shown = stripVTControlCharacters(out);
    assert.match(shown, /▸ collect golden {2}12 s\n/, 'for how long a step runs');
    assert.match(shown, /✓ collect golden {2}4 s {2}20 series\n/);
    assert.match(shown, /✗ collect hosts {2}1 min 35 s {2}no answer\n/);
    assert.match(out, /summary of incident\/checkout\/20261124-1042-9f3c2e \(100, colours\)/);
  });

  it('keeps each step together on a narrow terminal', async () => {
    const { out } = await faultline('watch 9f3c2e', {
      isTTY: true,
      columns: 24,
      env: { TERM: 'xterm-256color' },
    });
    assert.match(stripVTControlCharacters(out), /✗ collect hosts {2}1 min\n {2}35 s {2}no answer\n/);
  });

  it('prints lines on a terminal that does not know its size', async () => {
    const { out } = await faultline('watch 9f3c2e', { isTTY: true, columns: 0, env: { NO_COLOR: '1' } });
    assert.match(out, /^Collecting\n {2}▸ collect golden\n/);
    assert.match(out, /\(100, plain\)/);
  });

  it('answers one JSON document: the record', async () => {
    const { out } = await faultline('watch 9f3c2e --json', { isTTY: true });
    assert.deepEqual(JSON.parse(out), aRecord());
  });

  const levels: ['confirmed' | 'suspected' | 'inconclusive' | null, 'suspected' | 'confirmed', number][] = [
    ['confirmed', 'confirmed', 0],
    ['confirmed', 'suspected', 0],
    ['suspected', 'suspected', 0],
    ['suspected', 'confirmed', 10],
    ['inconclusive', 'suspected', 10],
    [null, 'suspected', 10],
  ];
  for (const [level, required, code] of levels) {
    it(`ends with ${code} when ${required} is required and the diagnosis is ${level ?? 'missing'}`, async () => {
      const diagnosis = level && aDiagnosis({ level });
      const incidents = fakeIncidents({ record: aRecord({ diagnosis }) });
      const run = await faultline(`watch x --require ${required}`, { incidents });
      assert.equal(run.code, code);
      assert.match(run.out, /summary of/);
      assert.equal(run.err, '');
    });
  }

  it('leaves the terminal in order when Temporal goes away', async () => {
    const incidents = fakeIncidents({
      async *watch() {
        yield await Promise.resolve<Progress>({ state: 'investigating', headline: 'Investigating', steps: [] });
        throw new TemporalUnavailable('gone');
      },
    });
    const { code, err } = await faultline('watch x', { incidents });
    assert.deepEqual([code, err], [4, 'error: gone\n']);
  });
});

describe('faultline show', () => {
  it('prints text, Markdown or JSON', async () => {
    assert.equal((await faultline('show x')).out, `summary of ${INCIDENT_ID} (100, plain)\n`);
    assert.equal((await faultline('show x --format md')).out, `# ${INCIDENT_ID}\n`);
    assert.deepEqual(JSON.parse((await faultline('show x --format json')).out), aRecord());
    assert.deepEqual(JSON.parse((await faultline('show x --json')).out), aRecord());
  });

  it('refuses two formats at once', async () => {
    const { code, err } = await faultline('show a --format md --json');
    assert.equal(code, 2);
    assert.match(
      (JSON.parse(err) as JsonError).error.message,
      /'--format <format>' cannot be used with option '--json'/,
    );
  });

  it('colours only a terminal whose user likes colours', async () => {
    const text = async (world: World) => (await faultline('show x', world)).out;
    assert.match(await text({ isTTY: true }), /colours/);
    assert.match(await text({ isTTY: true, env: { NO_COLOR: '1' } }), /plain/);
    assert.match(await text({ isTTY: true, env: { TERM: 'dumb' } }), /plain/);
    assert.match(await text({ isTTY: false }), /plain/);
  });

  it('prints JSON that no terminal obeys', async () => {
    const record = aRecord({ service: 'a\u001b]0;x\u0007\u009b31m\u202eb' });
    const { out } = await faultline('show x --json', { incidents: fakeIncidents({ record }) });
    assert.deepEqual(JSON.parse(out), record);
    assert.doesNotMatch(out.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  });
});

describe('faultline list', () => {
  it('prints a table without borders', async () => {
    const rows = [
      aRow(),
      aRow({
        id: 'incident/cart/20261124-0900-77d0e1',
        severity: 'info',
        state: 'investigating',
        rootCause: null,
        verdict: null,
        confidence: null,
      }),
    ];
    const { out } = await faultline('list', { incidents: fakeIncidents({ rows }) });
    assert.equal(
      out,
      [
        'INCIDENT                                OPENED (UTC)         STATE          SEVERITY  ROOT CAUSE     VERDICT',
        'incident/checkout/20261124-1042-9f3c2e  2026-11-24 10:42:50  following      critical  payment (cpu)  suspected 78 %',
        'incident/cart/20261124-0900-77d0e1      2026-11-24 10:42:50  investigating  info      -              -',
        '',
      ].join('\n'),
    );
  });

  it('turns its options into filters', async () => {
    const { incidents } = await faultline(
      'list --service a b --state open resolved --root-cause c --severity critical --environment e --since 10m --limit 5',
    );
    const [, filters, limit] = incidents.asked[0] ?? [];
    assert.deepEqual(filters, {
      service: ['a', 'b'],
      state: ['open', 'resolved'],
      rootCause: ['c'],
      severity: ['critical'],
      environment: ['e'],
      since: T0,
      limit: 5,
    });
    assert.deepEqual(limit, { limit: 5 });
  });

  it('says when there is nothing and when there is more', async () => {
    assert.equal(
      (await faultline('list', { incidents: fakeIncidents({ rows: [] }) })).out,
      'No incidents.\n',
    );
    const { out } = await faultline('list --limit 1', { incidents: fakeIncidents({ more: true }) });
    assert.match(out, /There are more; --limit shows more than 1\.\n$/);
  });

  it('answers in JSON', async () => {
    const { out } = await faultline('list --json');
    assert.deepEqual(JSON.parse(out), { incidents: [aRow()], more: false });
  });

  it('prints no control characters from names', async () => {
    const rows = [aRow({ rootCause: 'pay\u001b[2Jment\u202e', severity: 'bad\r\nline' })];
    const { out } = await faultline('list', {
      incidents: fakeIncidents({ rows }),
      isTTY: true,
      env: { NO_COLOR: '1' },
    });
    assert.match(out, /bad line +payment \(cpu\)/);
    assert.doesNotMatch(out.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  });
});

describe('faultline ack, feedback, rerun and cancel', () => {
  it('acknowledges as the user, or as whom it is told', async () => {
    const { out, incidents } = await faultline('ack 9f3c2e');
    assert.equal(out, `${INCIDENT_ID}: acknowledged by ann\n`);
    assert.deepEqual(incidents.asked, [['acknowledge', '9f3c2e', { by: 'ann' }]]);
    const other = await faultline('ack 9f3c2e --by bob --json');
    assert.deepEqual(other.incidents.asked, [['acknowledge', '9f3c2e', { by: 'bob' }]]);
    assert.equal((JSON.parse(other.out) as { acknowledged: { by: string } }).acknowledged.by, 'bob');
  });

  it('notes that a diagnosis is right', async () => {
    const { out, incidents } = await faultline('feedback 9f3c2e right');
    assert.equal(out, `${INCIDENT_ID}: noted that the diagnosis is right\n`);
    const given = { correct: true, service: null, faultKind: null, note: '', by: 'ann' };
    assert.deepEqual(incidents.asked, [['giveFeedback', '9f3c2e', given]]);
  });

  it('notes what it really was', async () => {
    const { incidents } = await faultline([
      ...['feedback', '9f3c2e', 'wrong', '--service', 'ledger', '--fault-kind', 'disk'],
      ...['--note', 'disk was full', '--by', 'bob'],
    ]);
    const given = { correct: false, service: 'ledger', faultKind: 'disk', note: 'disk was full', by: 'bob' };
    assert.deepEqual(incidents.asked, [['giveFeedback', '9f3c2e', given]]);
  });

  it('asks to look again', async () => {
    const { out, incidents } = await faultline('rerun 9f3c2e');
    assert.equal(out, `${INCIDENT_ID}: rerun requested; \`faultline watch\` follows it\n`);
    assert.deepEqual(incidents.asked, [['rerun', '9f3c2e', { by: 'ann' }]]);
  });

  it('merges two incidents, and splits a service off', async () => {
    const merged = await faultline('merge 9f3c2e 0a1b2c --by bob');
    assert.equal(merged.out, '9f3c2e: merged into 0a1b2c\n');
    assert.deepEqual(merged.incidents.asked, [['merge', '9f3c2e', '0a1b2c', { by: 'bob' }]]);
    const split = await faultline('split 9f3c2e --service cart');
    assert.equal(split.out, `9f3c2e: cart has its own incident now, ${INCIDENT_ID}\n`);
    assert.deepEqual(split.incidents.asked, [['split', '9f3c2e', { service: 'cart', by: 'ann' }]]);
  });

  it('cancels with a reason', async () => {
    const { out, incidents } = await faultline(['cancel', '9f3c2e', '--reason', 'a drill']);
    assert.equal(out, `${INCIDENT_ID}: cancelled\n`);
    assert.deepEqual(incidents.asked, [['cancel', '9f3c2e', { by: 'ann', reason: 'a drill' }]]);
  });
});
