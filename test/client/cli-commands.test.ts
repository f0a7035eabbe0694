import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../../config/schema.js';
import { T0 } from '../support/anomalies.js';
import { faultline, NOW, type CliWorld } from '../support/cli.js';
import { aRecord, aRow, fakeIncidents, INCIDENT_ID } from '../support/fake-incidents.js';

describe('faultline start', () => {
  it('starts a diagnosis in the configured environment and says how to follow it', async () => {
    const { code, out, incidents } = await faultline(
      'start --service checkout --symptom latency --since 10m',
    );
    assert.equal(code, 0);
    const request = {
      environment: 'production',
      service: 'checkout',
      symptom: 'latency',
      severity: 'warning',
    };
    assert.deepEqual(incidents.asked, [['start', { ...request, since: T0, title: undefined }]]);
    assert.equal(
      out,
      `Started ${INCIDENT_ID}\ncheckout: latency since 2026-11-24 10:42:50 UTC\nFollow it: faultline follow ${INCIDENT_ID}\n`,
    );
  });

  it('takes every detail', async () => {
    const { incidents } = await faultline([
      ...[
        'start',
        '--service',
        'cart',
        '--symptom',
        'errors',
        '--since',
        '10:42',
        '--environment',
        'staging',
      ],
      ...['--severity', 'critical', '--title', 'cart is red'],
    ]);
    const since = Date.UTC(2026, 10, 24, 10, 42) / 1000;
    assert.deepEqual(incidents.asked[0]?.[1], {
      ...{ environment: 'staging', service: 'cart', symptom: 'errors', severity: 'critical', since },
      title: 'cart is red',
    });
  });

  it('means now without --since, and answers in JSON or with the id alone', async () => {
    const { out } = await faultline('start --service cart --symptom errors --json');
    assert.deepEqual(JSON.parse(out), { id: INCIDENT_ID, joined: false, since: NOW });
    assert.equal((await faultline('start --service cart --symptom errors --quiet')).out, `${INCIDENT_ID}\n`);
  });

  it('says that an open incident took it', async () => {
    const incidents = fakeIncidents({
      start: () => Promise.resolve({ fingerprint: 'f', workflowId: INCIDENT_ID, joined: true }),
    });
    const { out } = await faultline('start --service cart --symptom errors', { incidents });
    assert.match(out, /^Added to the open incident incident\/checkout/);
  });

  it('goes on to follow when asked, which --require and --full imply', async () => {
    for (const option of ['--follow', '--require suspected', '--full']) {
      const { code, out, incidents } = await faultline(`start --service cart --symptom errors ${option}`);
      assert.equal(code, 0);
      assert.deepEqual(
        incidents.asked.map(([what]) => what),
        ['start', 'watch', 'show'],
      );
      assert.match(out, /^Started [\s\S]* of incident\/checkout/);
    }
  });

  describe('of a service without metrics', () => {
    const config = configSchema.parse({ metrics: { type: 'prometheus', url: 'http://unused' } });
    const settings = { environment: 'production', temporal: {}, config };
    const services = [
      { name: 'cart', signals: ['latency' as const] },
      { name: 'payment', signals: [] },
    ];
    const run = (options: string, world: CliWorld = { services }) =>
      faultline(`start --service nosuch --symptom errors ${options}`, {
        loadSettings: () => Promise.resolve(settings),
        ...world,
      });

    it('opens nothing and names the services that have some', async () => {
      const { code, err, incidents } = await run('');
      assert.equal(code, 2);
      assert.match(err, /No metrics found for service "nosuch"; known services: cart, payment\. .*--force/);
      assert.deepEqual(incidents.asked, []);
    });

    it('starts all the same with --force, for a known one, or where this cannot be found out', async () => {
      assert.equal((await run('--force')).code, 0);
      assert.equal((await run('', { services: [{ name: 'nosuch', signals: [] }] })).code, 0);
      const { code, err } = await run('', { services: new Error('prometheus: no answer') });
      assert.equal(code, 0);
      assert.equal(err, 'Could not check whether nosuch has metrics: prometheus: no answer\n');
    });
  });
});

describe('faultline show and open', () => {
  it('prints the first screen, all of it, Markdown, the page or JSON', async () => {
    const out = async (options: string) => (await faultline(`show x ${options}`)).out;
    assert.equal(await out(''), `summary of ${INCIDENT_ID} (100, plain)\n`);
    assert.equal(await out('--full'), `all of ${INCIDENT_ID} (100, plain)\n`);
    assert.equal(await out('--format md'), `# ${INCIDENT_ID}\n`);
    assert.equal(await out('--format html'), `<p>${INCIDENT_ID}</p>\n`);
    for (const json of ['--format json', '--json']) assert.deepEqual(JSON.parse(await out(json)), aRecord());
  });

  it('writes to a file, and says why it cannot', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-show-'));
    try {
      const file = join(folder, 'incident.md');
      assert.deepEqual((await faultline(`show x --format md --output ${file}`)).out, '');
      assert.equal(await readFile(file, 'utf8'), `# ${INCIDENT_ID}\n`);
      const { code, err } = await faultline(`show x --output ${folder}`);
      assert.deepEqual([code, err], [2, `error: --output: ${folder} is a folder, expected a file\n`]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('prints JSON that no terminal obeys', async () => {
    const record = aRecord({ service: 'a\u001b]0;x\u0007\u009b31m\u202eb' });
    const { out } = await faultline('show x --json', { incidents: fakeIncidents({ record }) });
    assert.deepEqual(JSON.parse(out), record);
    assert.doesNotMatch(out.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
  });

  it('prints the addresses of an incident, and opens one for a person at a terminal', async () => {
    const run = { title: 'Temporal run', url: 'http://localhost:8233/x' };
    const report = { title: 'Report', url: '/var/lib/faultline/report.md' };
    const incidents = () => fakeIncidents({ record: aRecord({ links: [run, report] }) });
    const piped = await faultline('open x', { incidents: incidents() });
    assert.equal(piped.out, `Temporal run  ${run.url}\nReport        ${report.url}\n`);
    assert.deepEqual(piped.browsed, []);
    const shown = await faultline('open x', { incidents: incidents(), isTTY: true });
    assert.deepEqual(shown.browsed, [run.url]);
    assert.deepEqual(
      (await faultline('open x --print', { incidents: incidents(), isTTY: true })).browsed,
      [],
    );
    const without = await faultline('open x --page report', { incidents: incidents(), isTTY: true });
    assert.equal(without.code, 6);
    assert.match(without.err, /has no address of its report: set store\.reportsUrl/);
  });
});

describe('faultline list', () => {
  it('prints a table without borders, with age, confidence, feedback and title', async () => {
    const rows = [
      aRow(),
      aRow({
        ...{ id: 'incident/cart/20261124-0900-77d0e1', severity: 'info', state: 'investigating' },
        ...{ rootCause: null, verdict: null, confidence: null, openedAt: NOW - 3 * 3600, title: null },
      }),
      aRow({
        state: 'resolved',
        verdict: 'inconclusive',
        confidence: null,
        rootCause: 'ledger',
        feedback: 'wrong',
      }),
      aRow({ state: 'expired', feedback: 'right', title: 'Bad\r\ntitle\u001b[2J\u202e' }),
    ];
    const { out } = await faultline('list', { incidents: fakeIncidents({ rows }) });
    const checkout = INCIDENT_ID;
    assert.deepEqual(out.split('\n').slice(0, 5), [
      'INCIDENT                                OPENED   STATE          SEVERITY  ROOT CAUSE     CONFIDENCE      FEEDBACK   TITLE',
      `${checkout}  10m ago  open           critical  payment (cpu)  suspected 78 %  -          Checkout is slow`,
      'incident/cart/20261124-0900-77d0e1      3h ago   investigating  info      -              -               -          -',
      `${checkout}  10m ago  resolved       critical  ledger (cpu)   inconclusive    corrected  Checkout is slow`,
      `${checkout}  10m ago  expired        critical  payment (cpu)  suspected 78 %  right      Bad title`,
    ]);
  });

  it('is cut at the width of a terminal, where color stays closed', async () => {
    const { out } = await faultline('list', { isTTY: true, columns: 60 });
    for (const line of out.trimEnd().split('\n')) assert.match(line, /…/);
    assert.doesNotMatch((await faultline('list', { columns: 60 })).out, /…/);
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
    });
    assert.deepEqual(limit, { limit: 5 });
  });

  it('says when there is nothing and when there is more; quiet it prints ids', async () => {
    assert.equal(
      (await faultline('list', { incidents: fakeIncidents({ rows: [] }) })).out,
      'No incidents.\n',
    );
    const { out } = await faultline('list --limit 1', { incidents: fakeIncidents({ more: true }) });
    assert.match(out, /There are more than 1; use --limit\.\n$/);
    assert.equal((await faultline('list --quiet')).out, `${INCIDENT_ID}\n`);
    assert.deepEqual(JSON.parse((await faultline('list --json')).out), { incidents: [aRow()], more: false });
  });
});

describe('faultline ack, feedback, rerun, cancel, merge and split', () => {
  const given = { grade: 'right', service: null, faultKind: null, note: '', by: 'ann' };
  const corrected = { grade: 'wrong', service: 'ledger', faultKind: 'disk', note: 'full', by: 'bob' };
  const cases: [string, unknown[], string][] = [
    ['ack 9f3c2e', ['acknowledge', '9f3c2e', { by: 'ann' }], `${INCIDENT_ID}: acknowledged by ann`],
    ['ack 9f3c2e --by bob', ['acknowledge', '9f3c2e', { by: 'bob' }], `${INCIDENT_ID}: acknowledged by bob`],
    ['feedback x right', ['giveFeedback', 'x', given], `${INCIDENT_ID}: recorded, the diagnosis was right`],
    [
      'feedback x wrong --service ledger --kind disk --note full --by bob',
      ['giveFeedback', 'x', corrected],
      `${INCIDENT_ID}: recorded, the diagnosis was wrong`,
    ],
    [
      'rerun 9f3c2e',
      ['rerun', '9f3c2e', { by: 'ann' }],
      `${INCIDENT_ID}: the diagnosis runs again; \`faultline follow\` shows its progress`,
    ],
    ['cancel x --reason drill', ['cancel', 'x', { by: 'ann', reason: 'drill' }], `${INCIDENT_ID}: cancelled`],
    [
      'merge 9f3c2e 0a1b2c --by bob',
      ['merge', '9f3c2e', '0a1b2c', { by: 'bob' }],
      '9f3c2e: merged into 0a1b2c',
    ],
    [
      'split 9f3c2e --service cart',
      ['split', '9f3c2e', { service: 'cart', by: 'ann' }],
      `9f3c2e: the alerts of cart are now in ${INCIDENT_ID}`,
    ],
  ];
  for (const [args, asked, said] of cases) {
    it(`sends "${args}" and confirms it`, async () => {
      const { code, out, incidents } = await faultline(args);
      assert.deepEqual([code, out], [0, `${said}\n`]);
      assert.deepEqual(incidents.asked, [asked]);
      const json = JSON.parse((await faultline(`${args} --json`)).out) as object;
      assert.ok('id' in json || 'to' in json);
    });
  }

  it('confirms nothing when quiet', async () => {
    assert.equal((await faultline('ack x --quiet')).out, '');
  });
});
