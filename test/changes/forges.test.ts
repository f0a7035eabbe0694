import assert from 'node:assert/strict';
import { readChangeSource } from '../../activities/collect/changes/change-source.js';
import { SourceBusy, SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import { MAX_REQUESTS } from '../../activities/collect/source-api.js';
import { change as changeSchema } from '../../model/change.js';
import { openEach } from '../publish/lab.js';
import { NO_LIMITS, testConfig } from '../support/scopes.js';
import { GithubForge, GitlabForge, TOKEN } from './forges.js';

const ALERT = Date.UTC(2026, 10, 24, 10, 42) / 1000;
const WINDOW = { from: ALERT - 5400, to: ALERT + 600, alertTime: ALERT };
const sha = (digit: string): string => digit.repeat(40);

async function read(source: object, limits = NO_LIMITS) {
  const { changes } = testConfig({ changes: [{ name: 'forge', ...source }] });
  const found = await readChangeSource(changes[0]!, WINDOW, limits);
  for (const one of found.changes) changeSchema.parse(one);
  return found;
}

describe('changes of GitHub', () => {
  let forge: GithubForge;
  openEach(() => [(forge = new GithubForge())]);

  const source = (more: object = {}): object => ({
    ...{ type: 'github', url: forge.url, repositories: ['shop/checkout'] },
    ...{ auth: { type: 'bearer', token: TOKEN }, ...more },
  });
  const deployed = (
    id: number,
    digit: string,
    createdAt: number,
    state = 'success',
    environment = 'production',
  ) => {
    const statuses: [string, number][] = [
      ['in_progress', createdAt + 10],
      [state, createdAt + 120],
    ];
    forge.deployments.push({ id, sha: sha(digit), environment, createdAt, statuses });
  };

  it('dates a deployment by its success, and compares it with the one before it that succeeded', async () => {
    deployed(1, 'a', ALERT - 86_400);
    deployed(2, 'b', ALERT - 7200, 'failure');
    deployed(3, 'c', ALERT - 600);
    const { changes, gaps } = await read(source());
    assert.deepEqual(gaps, []);
    assert.equal(changes.length, 1);
    const [one] = changes;
    assert.equal(one!.time, ALERT - 480);
    assert.equal(one!.title, 'shop/checkout deployed to production: from aaaaaaaa to cccccccc (main)');
    assert.deepEqual([one!.service, one!.kind, one!.author], ['checkout', 'deploy', 'ann']);
    assert.deepEqual(one!.files, ['config/pool.yml', 'logo.png']);
    assert.equal(one!.details, 'Shrink the pool\n--- config/pool.yml\n@@ -1 +1 @@\n-pool: 10\n+pool: 1');
    assert.deepEqual(forge.compared, [`${sha('a')}...${sha('c')}`]);
  });

  it('keeps the time of the success of a deployment that was replaced later', async () => {
    deployed(1, 'a', ALERT - 600);
    forge.deployments[0]!.statuses.push(['inactive', ALERT - 60]);
    assert.deepEqual(
      (await read(source())).changes.map(({ time }) => time),
      [ALERT - 480],
    );
  });

  it('tells a deployment without its diff where there is none any more', async () => {
    deployed(1, 'a', ALERT - 86_400);
    deployed(2, 'b', ALERT - 600);
    forge.isRewritten = true;
    const { changes, gaps } = await read(source());
    assert.deepEqual(
      changes.map(({ details, files }) => [details, files]),
      [['', []]],
    );
    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['diffs of shop/checkout'],
    );
  });

  it('leaves out environments that do not count, and names the service by the table', async () => {
    deployed(1, 'a', ALERT - 700, 'success', 'staging');
    deployed(2, 'b', ALERT - 600);
    const found = await read(source({ environments: ['production'], services: { 'shop/checkout': 'till' } }));
    assert.deepEqual(
      found.changes.map(({ service }) => service),
      ['till'],
    );
  });

  it('reads page after page until the window is behind', async () => {
    for (let i = 0; i < 250; i++) deployed(i, 'a', ALERT - 3600 - 60 * i, 'success', 'staging');
    deployed(300, 'b', ALERT - 600);
    const { changes } = await read(source({ environments: ['production'] }));
    assert.equal(changes.length, 1);
    const lists = forge.calls.filter((call) => call === 'GET /repos/shop/checkout/deployments');
    assert.equal(lists.length, 2, '250 deployments are three pages; the window ends within the second');
  });

  it('reads releases and merges where they are asked for, with their diffs', async () => {
    forge.releases = [
      { id: 1, tag: 'v2', publishedAt: ALERT - 60, draft: false },
      { id: 2, tag: 'v3', publishedAt: null, draft: true },
      { id: 3, tag: 'v1', publishedAt: ALERT - 86_400, draft: false },
    ];
    forge.pulls = [
      { number: 7, title: 'Shrink the pool', mergedAt: ALERT - 30, updatedAt: ALERT - 20 },
      { number: 6, title: 'Not merged', mergedAt: null, updatedAt: ALERT - 10 },
    ];
    const { changes } = await read(source({ read: ['releases', 'merges'] }));
    assert.deepEqual(
      changes.map(({ title, kind, files }) => [title, kind, files]),
      [
        ['shop/checkout released v2', 'deploy', []],
        ['shop/checkout merged #7: Shrink the pool', 'other', ['src/pool.ts']],
      ],
    );
  });

  it('masks secrets in diffs before they are cut', async () => {
    forge.patch = `@@ -1 +1 @@\n+${'x'.repeat(1_940)} ghp_${'s'.repeat(36)}`;
    deployed(1, 'a', ALERT - 86_400);
    deployed(2, 'b', ALERT - 600);
    const text = JSON.stringify((await read(source())).changes);
    assert.match(text, / \*\*\*/);
    assert.doesNotMatch(text, /ghp_|sssss/);
  });

  it('asks no more than its budget, keeps what it has, and says so', async () => {
    for (let i = 0; i < 150; i++) deployed(i, 'a', ALERT - 600 - i);
    const { changes, gaps } = await read(source());
    // Two pages, and the statuses of each and of the one before it.
    assert.equal(changes.length, MAX_REQUESTS - 3);
    assert.equal(forge.calls.length, MAX_REQUESTS);
    assert.match(gaps[0]!.reason, /sends 100 requests/);
  });

  const refusals: [what: string, prepare: () => object, reason: RegExp][] = [
    [
      'refuses the token',
      () => source({ auth: { type: 'bearer', token: 'wrong' } }),
      /it answered 401: Bad credentials/,
    ],
    [
      'has no such repository',
      () => source({ repositories: ['shop/nowhere'] }),
      /404.*no such thing, or the credentials/,
    ],
  ];
  for (const [what, prepare, reason] of refusals) {
    it(`makes a gap of a GitHub that ${what}`, async () => {
      const { changes, gaps } = await read(prepare());
      assert.deepEqual(changes, []);
      assert.equal(
        gaps[0]!.what,
        `changes of ${what.includes('repository') ? 'shop/nowhere' : 'shop/checkout'}`,
      );
      assert.match(gaps[0]!.reason, reason);
    });
  }

  it('is asked again later when it is away or its limit is used up, as long as there is time', async () => {
    const limits = { ...NO_LIMITS, canRetry: () => true };
    forge.moods = ['fail'];
    await assert.rejects(read(source(), limits), SourceUnavailable);
    forge.moods = ['busy'];
    await assert.rejects(read(source(), limits), (error: unknown) => {
      assert.ok(error instanceof SourceBusy);
      assert.equal(error.retryAfterSeconds, 7);
      return true;
    });
    forge.moods = ['fail'];
    assert.match((await read(source())).gaps[0]!.reason, /it answered 503/);
  });

  it('sends its token to no other host, wherever a next page is said to be', async () => {
    const other = new GithubForge();
    await other.open();
    try {
      forge.deployments = [];
      // The vendor's own address is that of another server.
      const own = forge.url;
      for (let i = 0; i < 150; i++) deployed(i, 'a', ALERT - 86_400 + i, 'failure');
      forge.url = other.url;
      await read({ ...source(), url: own });
      assert.deepEqual(other.calls, []);
    } finally {
      await other.close();
    }
  });
});

describe('changes of GitLab', () => {
  let forge: GitlabForge;
  openEach(() => [(forge = new GitlabForge())]);

  const source = (more: object = {}): object => ({
    ...{
      type: 'gitlab',
      url: forge.url,
      projects: ['shop/checkout'],
      headers: { 'PRIVATE-TOKEN': TOKEN },
      ...more,
    },
  });

  it('dates a deployment by the end of its job, and compares it with the one before', async () => {
    forge.deployments = [
      { id: 1, sha: sha('a'), finishedAt: ALERT - 2 * 86_400, environment: 'production' },
      { id: 2, sha: sha('b'), finishedAt: ALERT - 500, environment: 'staging' },
      { id: 3, sha: sha('c'), finishedAt: ALERT - 300, environment: 'production' },
    ];
    const { changes, gaps } = await read(source({ environments: ['production'] }));
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      changes.map(({ time, service, title, files, link }) => ({ time, service, title, files, link })),
      [
        {
          time: ALERT - 300,
          service: 'checkout',
          title: 'shop/checkout deployed to production: from aaaaaaaa to cccccccc (main)',
          files: ['config/pool.yml'],
          link: `https://gitlab.example/compare/${sha('a')}...${sha('c')}`,
        },
      ],
    );
  });

  it('reads releases and merges where they are asked for, with their diffs', async () => {
    forge.releases = [
      { tag: 'v1', releasedAt: ALERT - 86_400 },
      { tag: 'v2', releasedAt: ALERT - 60 },
    ];
    forge.merges = [
      { iid: 7, title: 'Shrink the pool', mergedAt: ALERT - 30 },
      { iid: 8, title: 'Later', mergedAt: ALERT + 3600 },
    ];
    const { changes, gaps } = await read(source({ read: ['releases', 'merges'] }));
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      changes.map(({ title, time, author, files }) => [title, time, author, files]),
      [
        ['shop/checkout released Release v2', ALERT - 60, 'ann', []],
        ['shop/checkout merged !7: Shrink the pool', ALERT - 30, 'bob', ['src/pool.ts']],
      ],
    );
    assert.match(changes[1]!.details, /^--- src\/pool\.ts\n@@/);
  });

  it('makes a gap of a project that is not there, and reads the others', async () => {
    forge.deployments = [{ id: 3, sha: sha('c'), finishedAt: ALERT - 300, environment: 'production' }];
    const { changes, gaps } = await read(source({ projects: ['shop/gone', 'shop/checkout'] }));
    assert.equal(changes.length, 1);
    assert.deepEqual(
      gaps.map(({ what }) => what),
      ['changes of shop/gone'],
    );
  });

  it('shows no token in a gap', async () => {
    const { gaps } = await read(source({ headers: { 'PRIVATE-TOKEN': 'glpat-secretsecretsecret' } }));
    assert.match(gaps[0]!.reason, /401/);
    assert.doesNotMatch(JSON.stringify(gaps), /glpat/);
  });
});
