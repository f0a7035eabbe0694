import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModule, readModules } from '../../activities/check/probes/module.js';
import { runChecks } from '../../activities/check/run-checks.js';
import type { CheckResult } from '../../model/check.js';
import { FakeSource } from '../support/fake-source.js';
import { collectDeps, NO_LIMITS, scopeOf, testConfig } from '../support/scopes.js';
import { checksOf } from '../support/suspects.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/checks/${name}`, import.meta.url));
const QUEUE = { file: fixture('queue-depth.mjs'), settings: { depth: '250' }, secrets: { token: 't0ken' } };

async function run(modules: object[], service = 'payment') {
  const deps = await collectDeps(new FakeSource({}), testConfig({ checks: { modules } }));
  return runChecks(deps, { scope: scopeOf(['payment', 'orders'], []), ...checksOf(service) }, NO_LIMITS);
}

const told = ({ check, outcome, statement, speaksFor }: CheckResult) => [
  check,
  outcome,
  statement,
  speaksFor,
];

describe('checks in modules of one’s own', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'faultline-modules-'))));
  after(() => rm(folder, { recursive: true }));

  it('look with what the configuration gives them, without the environment of the worker', async () => {
    process.env['FAULTLINE_TEST_SECRET'] = 'abc';
    try {
      const { checks, gaps } = await run([QUEUE]);
      assert.deepEqual(gaps, []);
      const sorted = checks.map(told).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
      assert.deepEqual(sorted, [
        ['hangs', 'could-not-run', 'no answer within 1.5 s', null],
        [
          'queue-depth',
          'failed',
          '250 messages wait for payment (token true, 0 secrets of the worker)',
          'pool-saturation',
        ],
        ['throws', 'could-not-run', `${QUEUE.file}: the queue is not there`, null],
      ]);
    } finally {
      delete process.env['FAULTLINE_TEST_SECRET'];
    }
  });

  it('pass, and look at each service that they name and at no other', async () => {
    const { checks } = await run([{ ...QUEUE, settings: { depth: '3' } }], 'orders');
    assert.deepEqual(checks.map(told), [
      [
        'queue-depth',
        'passed',
        '3 messages wait for orders (token true, 0 secrets of the worker)',
        'pool-saturation',
      ],
    ]);
  });

  it('may be written in TypeScript where it can be read, and say what is missing where it cannot', async () => {
    const { checks } = await run([{ file: fixture('typed.ts') }]);
    assert.deepEqual(checks.map(told), [['typed', 'passed', 'seen 7', null]]);
    if ('typescript' in process.features) return;
    const file = join(folder, 'alone.ts');
    await writeFile(file, 'export default {};');
    await assert.rejects(readModule({ file, settings: {}, secrets: {} }), {
      message: new RegExp(
        `${file}: Node\\.js [\\d.]+ reads no TypeScript: write \\.mjs, use 22\\.18, or install tsx`,
      ),
    });
  });

  it('that cannot be used are a gap that names file and field, and keep no other from running', async () => {
    const good = `id: 'a', service: 'payment', ask: () => 1, isTrouble: () => false, statement: () => 'x'`;
    const bad: [string, string][] = [
      ['export default {', 'Unexpected end of input'],
      ['export const check = 1;', 'default export'],
      ["export default { id: 'a', service: 'payment' }", 'default export.ask: expected a function'],
      [`export default { ${good}, speaksFor: 'magic' }`, 'default export.speaksFor: '],
      [`export default { ${good}, timeoutSeconds: 60 }`, 'default export.timeoutSeconds: '],
      [`export default { ${good}, retries: 3 }`, 'retries'],
      [
        `export default [{ ${good} }, { ${good} }]`,
        'default export[1].id: expected an id of its own, a is taken',
      ],
      [`export default { ${good}, needs: ['url'] }`, 'default export.needs: the configuration gives no url'],
      ['throw new Error("no licence");', 'no licence'],
      ['while (true);', 'not loaded within'],
    ];
    const files = await Promise.all(
      bad.map(async ([body], i) => {
        const file = join(folder, `bad-${i}.mjs`);
        await writeFile(file, body);
        return file;
      }),
    );
    const modules = files.map((file) => ({ file, settings: {}, secrets: {} }));
    const { checks, gaps } = await readModules([...modules, QUEUE], NO_LIMITS.signal);
    assert.equal(checks.length, 4);
    assert.equal(gaps.length, bad.length);
    for (const [i, { what, reason }] of gaps.sort((a, b) => (a.what < b.what ? -1 : 1)).entries()) {
      assert.equal(what, `the checks of ${files[i]!}`);
      assert.ok(
        reason.startsWith(`${files[i]!}: `) && reason.includes(bad[i]![1]),
        `${reason} has no ${bad[i]![1]}`,
      );
    }
  });
});
