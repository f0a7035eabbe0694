import assert from 'node:assert/strict';
import { ConfigError } from '../../config/config-error.js';
import {
  AmbiguousId,
  IncidentNotFound,
  NoWorker,
  Refused,
  TemporalUnavailable,
} from '../../client/errors.js';
import { faultline } from '../support/cli.js';
import { fakeIncidents } from '../support/fake-incidents.js';

interface JsonError {
  error: { code: string; message: string; exitCode: number };
}

describe('the command line', () => {
  it('shows its help when nothing is asked, as bad usage', async () => {
    const { code, out, err } = await faultline('');
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^Usage: faultline[\s\S]*Exit codes:/);
    assert.deepEqual(await faultline('--version').then(({ code, out }) => [code, out]), [0, '1.2.3\n']);
  });

  const badUsage: [string, RegExp][] = [
    ['strat', /unknown command 'strat'\n\(Did you mean start\?\)/],
    ['frobnicate', /unknown command 'frobnicate'\nSee faultline --help/],
    ['watches lst', /unknown command 'lst'\n\(Did you mean list\?\)/],
    ['list --stat open', /unknown option '--stat'\n\(Did you mean --state\?\)/],
    ['list --frobnicate', /unknown option '--frobnicate'\nSee faultline list --help/],
    ['start --serivce x', /unknown option '--serivce'\n\(Did you mean --service\?\)/],
    ['split x --servce y', /unknown option '--servce'\n\(Did you mean --service\?\)/],
    ['--vresion', /unknown option '--vresion'\n\(Did you mean --version\?\)/],
    ['start --symptom latency', /required option '--service <name>' not specified/],
    ['start --service x', /required option '--symptom <kind>' not specified/],
    ['start --service x --symptom sad', /argument 'sad' is invalid. Allowed choices are latency, errors/],
    ['start --service x --symptom latency --since soon', /--since: expected a time: 10m, .* got 'soon'/],
    ['list --since tomorrow', /--since: expected a time in the past, got 'tomorrow' \(2026-11-25T/],
    [
      'list --state sleeping',
      /argument 'sleeping' is invalid. Allowed choices are open, investigating, closed/,
    ],
    ['list --limit 0', /argument '0' is invalid. Expected a whole number from 1 to 1000/],
    ['show', /missing required argument 'incident'/],
    ['show a b', /too many arguments for 'show'/],
    ['follow a --require proof', /'--require <level>' argument 'proof' is invalid/],
    [
      'feedback a maybe',
      /'maybe' is invalid for argument 'grade'. Allowed choices are right, right-area, wrong, misleading/,
    ],
    [
      'feedback a right --service b',
      /--service and --kind correct a diagnosis: do not use them with "right"/,
    ],
    ['feedback a wrong --kind gremlin', /argument 'gremlin' is invalid. Allowed choices are cpu/],
    ['doctor --only sinks,moon', /Expected some of configuration,temporal/],
    ['completion tcsh', /'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish/],
  ];
  for (const [args, message] of badUsage) {
    it(`refuses "faultline ${args}" with code 2, in words and as one document`, async () => {
      const { code, out, err, incidents } = await faultline(args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
      assert.match(err, /^error: /);
      assert.deepEqual(incidents.asked, []);
      const { error } = JSON.parse((await faultline(`${args} --json`)).err) as JsonError;
      assert.equal(error.exitCode, 2);
      assert.ok(error.message.length > 0 && !error.message.startsWith('error:'));
    });
  }

  it('refuses two formats at once, and says where --json belongs', async () => {
    assert.match((await faultline('show a --format md --json')).err, /cannot be used with option '--json'/);
    const { code, err } = await faultline('--json list');
    assert.equal(code, 2);
    assert.match(err, /unknown option '--json'\\nOptions come after the command: faultline list --json/);
  });

  const failures: [Error, string, number][] = [
    [new IncidentNotFound('There is no incident "x"'), 'not-found', 3],
    [new TemporalUnavailable('Temporal at t does not answer'), 'temporal-unavailable', 4],
    [new NoWorker('no worker'), 'no-worker', 5],
    [new Refused('closed'), 'refused', 6],
    [new AmbiguousId('"x" fits 2 incidents'), 'ambiguous-id', 2],
    [new Error('surprise'), 'failure', 1],
  ];
  for (const [failure, name, exitCode] of failures) {
    it(`ends with ${exitCode} for ${name}, and always closes its connection`, async () => {
      const failing = () => fakeIncidents({ show: () => Promise.reject(failure) });
      const plain = await faultline('show x', { incidents: failing() });
      assert.deepEqual([plain.code, plain.out, plain.err], [exitCode, '', `error: ${failure.message}\n`]);
      assert.equal(plain.incidents.closed, true);
      const json = await faultline('show x --json', { incidents: failing() });
      assert.deepEqual([json.code, json.out], [exitCode, '']);
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

  it('colors only a terminal whose user did not refuse it', async () => {
    const isColored = async (args: string, isTTY: boolean, env: NodeJS.ProcessEnv = {}) =>
      (await faultline(args, { isTTY, env })).out.includes('(100, colors)');
    assert.equal(await isColored('show x', true), true);
    assert.equal(await isColored('show x', false), false);
    assert.equal(await isColored('show x --no-color', true), false);
    assert.equal(await isColored('show x', true, { NO_COLOR: '1' }), false);
    assert.equal(await isColored('show x', true, { TERM: 'dumb' }), false);
  });
});
