import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import getPort from 'get-port';
import { collectChanges } from '../../activities/collect/changes/collect-changes.js';
import { BadQuery } from '../../activities/collect/metrics/source/errors.js';
import { change as changeSchema, type Change } from '../../model/change.js';
import type { Gap } from '../../model/gap.js';
import { FakeSource, type FakeOptions, type FakeSeries } from '../support/fake-source.js';
import { bindingOf, collectDeps, NO_LIMITS, scopeOf, testConfig } from '../support/scopes.js';
import { startStubPrometheus, type StubPrometheus } from '../support/stub-prometheus.js';

const PROCESS = bindingOf('process/prometheus');
const WINDOW = { start: 10_000, end: 10_600, stepSeconds: 15 };

interface Found {
  changes: Change[];
  gaps: Gap[];
}

/** The collecting of `collect`, made ready: the packs are read before it is called. */
async function readyToCollect(options: FakeOptions, config: object = {}): Promise<() => Promise<Found>> {
  const deps = await collectDeps(new FakeSource(options), testConfig(config));
  const packs = [PROCESS, bindingOf('kubernetes', { service: 'workload' })];
  const scope = scopeOf(['payment', 'cart'], packs, { window: WINDOW });
  return () => collectChanges(deps, scope, NO_LIMITS);
}

async function collect(options: FakeOptions, config: object = {}): Promise<Found> {
  const found = await (await readyToCollect(options, config))();
  for (const one of found.changes) changeSchema.parse(one);
  return found;
}

const told = (more: Partial<Change>): Change => ({
  id: 'c1',
  kind: 'deploy',
  time: 10_300,
  service: 'payment',
  title: 'payment 2',
  details: '',
  files: [],
  author: null,
  link: null,
  source: 'ci',
  ...more,
});

const until = (time: number) => (at: number) => (at < time ? 1 : NaN);
const from = (time: number) => (at: number) => (at < time ? NaN : 1);

describe('collecting changes', () => {
  describe('from metrics', () => {
    const versions = (...series: FakeSeries[]): FakeOptions => ({
      answer: (query) => (query.includes('target_info') ? series : []),
    });

    it('sees a new version, with the one before it', async () => {
      const { changes } = await collect(
        versions(
          [{ job: 'payment', service_version: '1' }, until(10_300)],
          [{ job: 'payment', service_version: '2' }, from(10_300)],
          [{ job: 'cart', service_version: '7' }, 1],
        ),
      );
      assert.deepEqual(
        changes.map(({ kind, service, time, title, source }) => ({ kind, service, time, title, source })),
        [
          {
            kind: 'deploy',
            service: 'payment',
            time: 10_300,
            title: 'payment changed from version 1 to 2',
            source: 'fake',
          },
        ],
      );
    });

    it('does not take versions that were always there, or a service that appears, for a change', async () => {
      const { changes } = await collect(
        versions(
          [{ job: 'payment', service_version: '1' }, 1],
          [{ job: 'payment', service_version: '2' }, 1],
          [{ job: 'cart', service_version: '1' }, from(10_200)],
        ),
      );
      assert.deepEqual(changes, []);
    });

    it('dates a restart by the age of the process, not by the sample', async () => {
      const { changes } = await collect({
        answer: (query) =>
          query.includes('process_start_time')
            ? [[{ job: 'cart' }, (at) => (at < 10_310 ? at - 5000 : at - 10_304)]]
            : [],
      });
      assert.deepEqual(
        changes.map(({ kind, service, time }) => [kind, service, time]),
        [['restart', 'cart', 10_304]],
      );
    });

    it('sees that a workload was scaled', async () => {
      const { changes } = await collect({
        answer: (query) =>
          query.includes('spec_replicas') ? [[{ deployment: 'cart' }, (at) => (at < 10_400 ? 3 : 5)]] : [],
      });
      assert.deepEqual(
        changes.map(({ title }) => title),
        ['cart was scaled from 3 to 5 replicas'],
      );
    });

    it('makes a gap of a query that fails', async () => {
      const { changes, gaps } = await collect({
        answer: (query) => {
          if (query.includes('target_info'))
            throw new BadQuery({ operation: 'range query', endpoint: 'x' }, '400 no');
          return [];
        },
      });
      assert.deepEqual(changes, []);
      assert.deepEqual(gaps, [
        { source: 'fake', what: 'deploy changes (process/prometheus)', reason: '400 no' },
      ]);
    });
  });

  it('leaves out steps in metrics that only mirror a change that was told, and restarts beside a deploy', async () => {
    const { changes } = await collect({
      changes: [told({ time: 10_310 })],
      answer: (query) => {
        if (query.includes('target_info')) {
          return ['payment', 'cart'].flatMap((job): FakeSeries[] => [
            [{ job, service_version: '1' }, until(10_300)],
            [{ job, service_version: '2' }, from(10_300)],
          ]);
        }
        return query.includes('process_start_time')
          ? ['payment', 'cart'].map((job): FakeSeries => [
              { job },
              (at) => (at < 10_300 ? 9000 : at - 10_295),
            ])
          : [];
      },
    });
    assert.deepEqual(
      changes.map(({ kind, service, source }) => [kind, service, source]),
      [
        ['deploy', 'cart', 'fake'],
        ['deploy', 'payment', 'ci'],
      ],
    );
  });

  describe('from configured sources', () => {
    let stub: StubPrometheus;
    let directory: string;

    beforeEach(async () => {
      stub = await startStubPrometheus();
      directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-changes-'));
    });

    afterEach(async () => {
      await stub.close();
      await rm(directory, { recursive: true });
    });

    const http = (more: object = {}): object => ({
      changes: [{ type: 'http', name: 'ci', url: `${stub.url}/deploys?team=a`, ...more }],
    });

    it('asks an address for the time from half an hour before the window on', async () => {
      stub.answer = (reply) =>
        reply.send([
          told({ service: 'payment-service' }),
          told({ id: 'old', time: 8000 }),
          told({ id: 'later', time: 20_000 }),
        ]);
      const { changes } = await collect({}, http({ auth: { type: 'bearer', token: 'token-1234' } }));
      assert.deepEqual(
        changes.map(({ id, service }) => [id, service]),
        [['c1', 'payment']],
      );
      const { form, headers } = stub.requests[0]!;
      assert.deepEqual(Object.fromEntries(form), { team: 'a', from: '8200', to: '10600' });
      assert.equal(headers.authorization, 'Bearer token-1234');
    });

    it('reads a file, and fills in what a change may leave out', async () => {
      const file = path.join(directory, 'changes.json');
      await writeFile(file, JSON.stringify([{ id: 'x', time: 10_100, title: 'flag on' }]));
      const { changes, gaps } = await collect({}, { changes: [{ type: 'file', name: 'flags', file }] });
      assert.deepEqual(changes, [
        {
          id: 'x',
          time: 10_100,
          title: 'flag on',
          kind: 'other',
          service: null,
          details: '',
          files: [],
          author: null,
          link: null,
          source: 'flags',
        },
      ]);
      assert.deepEqual(gaps, []);
    });

    it('keeps the good entries and names the field of a bad one', async () => {
      stub.answer = (reply) => reply.send([told({}), { ...told({}), id: 'bad', time: 'yesterday' }]);
      const { changes, gaps } = await collect({}, http());
      assert.deepEqual(
        changes.map(({ id }) => id),
        ['c1'],
      );
      assert.equal(gaps.length, 1);
      assert.equal(gaps[0]!.what, 'change 2 of 2');
      assert.match(gaps[0]!.reason, /^time: /);
    });

    it('cuts long texts, and keeps of too many changes those nearest to the alert', async () => {
      const details = 'd'.repeat(100_000);
      const files = Array.from({ length: 200 }, (_, i) => `file${i}`);
      const fat = Array.from({ length: 100 }, (_, i) =>
        told({ id: `c${i}`, time: 10_000 + i, details, files }),
      );
      stub.answer = (reply) => reply.send(fat);
      const { changes, gaps } = await collect({}, http());
      assert.ok(changes.length > 40 && changes.length < 100, `${changes.length} changes`);
      assert.ok(JSON.stringify(changes).length <= 256 * 1024);
      assert.deepEqual([changes[0]!.details.length, changes[0]!.files.length], [4_000, 50]);
      // The alert began at 1500, before all of them.
      assert.equal(changes.at(-1)!.id, `c${changes.length - 1}`);
      assert.deepEqual(
        gaps.map(({ what }) => what),
        [`${100 - changes.length} of 100 changes`],
      );
    });

    it('makes one gap of sixty thousand entries that are no changes, without a closer look at each', async () => {
      stub.answer = (reply) => reply.send(new Array(60_000).fill(1));
      const collectNow = await readyToCollect({}, http());
      const before = process.cpuUsage();
      const { gaps } = await collectNow();
      const { user, system } = process.cpuUsage(before);
      assert.deepEqual(
        gaps.map(({ what }) => what),
        ['change 1 and 59999 more of 60000'],
      );
      assert.ok(user + system < 200_000, `it took ${user + system} µs of CPU time`);
    });

    it('reads a thousand changes of one source, and says how many there are', async () => {
      stub.answer = (reply) =>
        reply.send(
          Array.from({ length: 1_500 }, (_, i) => told({ id: `c${i}`, time: 10_000 + i / 10, title: '' })),
        );
      const { changes, gaps } = await collect({}, http());
      assert.equal(changes.length, 1_000);
      assert.deepEqual(
        gaps.map(({ what }) => what),
        ['500 of 1500 changes'],
      );
    });

    const DEAD: [name: string, prepare: () => Promise<object> | object, reason: RegExp][] = [
      [
        'refuses connections',
        async () => http({ url: `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}` }),
        /^connection refused$/,
      ],
      [
        'answers with an error',
        () => {
          stub.answer = (reply) => reply.code(503).send('');
          return http();
        },
        /^it answered 503$/,
      ],
      [
        'redirects',
        () => {
          stub.answer = (reply) => reply.redirect(`${stub.url}/elsewhere?token=abc`, 302);
          return http();
        },
        /^302: it redirects to \S+\/elsewhere, and redirects are not followed, .* set the url of ci under changes /,
      ],
      [
        'does not answer',
        () => {
          stub.answer = (reply) => {
            reply.hijack();
          };
          return http({ timeoutSeconds: 0.1 });
        },
        /^no answer within 0\.1 s$/,
      ],
      [
        'answers with something else',
        () => {
          stub.answer = (reply) => reply.send({ changes: [] });
          return http();
        },
        /^expected a JSON array of changes$/,
      ],
      [
        'is a file that does not exist',
        () => ({ changes: [{ type: 'file', name: 'ci', file: '/nowhere/changes.json' }] }),
        /ENOENT/,
      ],
    ];
    for (const [name, prepare, reason] of DEAD) {
      it(`goes on without a source that ${name}, and says so`, async () => {
        const { changes, gaps } = await collect({}, await prepare());
        assert.deepEqual(changes, []);
        assert.deepEqual(
          gaps.map(({ source, what }) => [source, what]),
          [['ci', 'deploys and other changes']],
        );
        assert.match(gaps[0]!.reason, reason);
      });
    }
  });
});
