import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catchUp } from '../../activities/record/database/catch-up.js';
import { forget, keepRevision } from '../../activities/record/database/keep.js';
import { startRecordKeeper } from '../../activities/record/database/keeper.js';
import { openRecord, type OpenRecord } from '../../activities/record/database/open.js';
import { listIncidents } from '../../activities/record/database/read.js';
import { readStatistics, wilson } from '../../activities/record/database/statistics.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { createRecords } from '../../activities/record/records.js';
import { record as recordConfig, type RecordConfig } from '../../config/record.js';
import type { IncidentRecord } from '../../model/incident.js';
import { pastIncident } from '../../model/past-incident.js';
import { T0 } from '../support/anomalies.js';
import { startPostgres, type RunningServer } from '../support/database-servers.js';
import { needs } from '../support/needs.js';
import { SAMPLES } from '../support/records.js';

const UNTIL = T0 + 1_000_000;

/** The n-th incident of a kind, opened n minutes after the first; its first result comes 20 s later. */
function incident(sample: keyof typeof SAMPLES, n: number, differences: Partial<IncidentRecord> = {}) {
  const record = SAMPLES[sample]();
  const openedAt = T0 + n * 60;
  return {
    ...record,
    id: `incident/checkout/20261124-1042-${String(n).padStart(6, '0')}`,
    anomalies: record.anomalies.map((alert) => ({ ...alert, startedAt: openedAt - 30 })),
    acknowledged: null,
    feedback: null,
    timings: { openedAt, firstResultAt: openedAt + 20, closedAt: null },
    ...differences,
  } satisfies IncidentRecord;
}

const graded = (grade: 'right' | 'right-area' | 'wrong' | 'misleading') => ({
  feedback: { grade, service: null, faultKind: null, note: '', by: 'kim', at: T0 },
});

function itKeepsTheRecord(settings: () => RecordConfig): void {
  let open: OpenRecord;
  before(async () => {
    open = (await openRecord(settings()))!;
  });
  beforeEach(() => forget(open.db, UNTIL * 2));
  beforeEach(() => open.db.deleteFrom('incidents').execute());
  after(() => open.close());

  const statistics = (more = {}) => readStatistics(open.db, { since: T0, until: UNTIL, ...more });

  it('is the same in whatever order, and however often, revisions come', async () => {
    const first = incident('suspected pool saturation', 1, { revision: 1 });
    const last = { ...first, revision: 2, state: 'resolved' as const };
    last.timings = { ...first.timings, closedAt: first.timings.openedAt + 600 };
    for (const record of [last, first, last, first]) await keepRevision(open.db, record, T0);
    const { incidents, times } = await statistics();
    assert.deepEqual([incidents.all, incidents.open], [1, 0]);
    assert.equal(times.resolve.median, 630);
    const revisions = await open.db.selectFrom('revisions').select('revision').orderBy('revision').execute();
    assert.deepEqual(
      revisions.map(({ revision }) => revision),
      [1, 2],
    );
    const [alerts, suspects] = [
      await open.db.selectFrom('alerts').selectAll().execute(),
      await open.db.selectFrom('suspects').selectAll().orderBy('place').execute(),
    ];
    assert.equal(alerts.length, first.anomalies.length);
    assert.deepEqual(
      suspects.map(({ service }) => service),
      first.diagnosis?.suspects.map(({ service }) => service),
    );
  });

  it('takes a run that came later for the incident, whatever its revision', async () => {
    const first = incident('suspected pool saturation', 1, { revision: 7 });
    const again = { ...first, runId: 'another', revision: 1, severity: 'info' as const };
    again.timings = { ...first.timings, openedAt: first.timings.openedAt + 5 };
    await keepRevision(open.db, again, T0);
    await keepRevision(open.db, first, T0);
    const kept = await open.db.selectFrom('incidents').select(['severity', 'revision']).execute();
    assert.deepEqual(kept, [{ severity: 'info', revision: 1 }]);
  });

  it('tells how long it took, and how often people found the diagnosis right', async () => {
    for (let n = 0; n < 10; n += 1) {
      const openedAt = T0 + n * 60;
      await keepRevision(
        open.db,
        incident('suspected pool saturation', n, {
          acknowledged: n < 4 ? { by: 'kim', at: openedAt + 100 * (n + 1) } : null,
          ...(n < 6 && graded(n < 3 ? 'right' : n === 3 ? 'right-area' : n === 4 ? 'wrong' : 'misleading')),
        }),
        T0,
      );
    }
    const { times, accuracy, causes, alerts, services } = await statistics();
    assert.deepEqual(times.detect, { count: 10, median: 30, p90: 30, mean: 30 });
    assert.deepEqual(times.diagnose, { count: 10, median: 20, p90: 20, mean: 20 });
    assert.deepEqual(times.acknowledge, { count: 4, median: 250, p90: 370, mean: 250 });
    assert.deepEqual(times.resolve, { count: 0, median: null, p90: null, mean: null });
    const { interval, ...all } = accuracy.all;
    const grades = { right: 3, 'right-area': 1, wrong: 1, misleading: 1 };
    assert.deepEqual(all, { of: 'all', judged: 6, grades, right: 0.5 });
    assert.deepEqual(
      interval?.map((end) => end.toFixed(2)),
      ['0.19', '0.81'],
    );
    assert.deepEqual(
      accuracy.byConfidence.map(({ of, judged }) => [of, judged]),
      [['70 % to 80 %', 6]],
    );
    assert.deepEqual(causes, [{ service: 'payment', faultKind: 'pool-saturation', incidents: 10 }]);
    assert.deepEqual(services, [{ service: 'checkout', incidents: 10 }]);
    const [alert] = alerts;
    assert.deepEqual([alert?.incidents, alert?.withoutCause, alert?.unattended], [10, 0, 0]);
  });

  it('counts as cause what a person found, and none that is not even suspected', async () => {
    const feedback = { ...graded('wrong').feedback, service: 'ledger', faultKind: 'disk' as const };
    await keepRevision(open.db, incident('suspected pool saturation', 1, { feedback }), T0);
    await keepRevision(open.db, incident('inconclusive', 2), T0);
    const { causes, incidents } = await statistics();
    assert.deepEqual(causes, [{ service: 'ledger', faultKind: 'disk', incidents: 1 }]);
    assert.equal(incidents.levels.inconclusive, 1);
  });

  it('counts what was asked for: a time, a service, an environment', async () => {
    for (const n of [1, 2, 3]) await keepRevision(open.db, incident('suspected pool saturation', n), T0);
    const many = async (more: object) => (await statistics(more)).incidents.all;
    assert.deepEqual(
      await Promise.all([
        many({ until: T0 + 3 * 60 }),
        many({ service: 'payment' }),
        many({ service: 'checkout' }),
        many({ service: "'; drop table incidents; --" }),
        many({ environment: 'elsewhere' }),
      ]),
      [2, 3, 3, 0, 0],
    );
  });

  it('lists incidents in pages, newest first, by words and state', async () => {
    for (const n of [1, 2, 3, 4, 5])
      await keepRevision(open.db, incident('suspected pool saturation', n), T0);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listIncidents(open.db, { since: T0, until: UNTIL, limit: 2, after });
      seen.push(...page.incidents.map(({ id }) => id.slice(-1)));
      after = page.next ?? undefined;
    } while (after !== undefined);
    assert.deepEqual(seen, ['5', '4', '3', '2', '1']);
    const many = async (more: object) =>
      (await listIncidents(open.db, { since: T0, until: UNTIL, limit: 10, ...more })).incidents.length;
    assert.deepEqual(
      [await many({ words: '000003' }), await many({ words: '%' }), await many({ state: 'resolved' })],
      [1, 0, 0],
    );
    const [listed] = (await listIncidents(open.db, { since: T0, until: UNTIL, limit: 1 })).incidents;
    assert.deepEqual(pastIncident.parse(listed), listed);
  });

  it('keeps text of others as it is', async () => {
    const hostile = SAMPLES['hostile labels']();
    await keepRevision(open.db, hostile, T0);
    const kept = await open.db.selectFrom('incidents').select(['id', 'title']).executeTakeFirstOrThrow();
    assert.deepEqual(kept, { id: hostile.id, title: hostile.anomalies[0]!.title });
  });

  it('forgets what ended long ago, and nothing that is open', async () => {
    const ended = incident('resolved', 1);
    ended.timings = { ...ended.timings, closedAt: T0 + 100 };
    await keepRevision(open.db, ended, T0);
    await keepRevision(open.db, incident('suspected pool saturation', 2), T0 + 500);
    await forget(open.db, T0 + 400);
    const left = await open.db.selectFrom('incidents').select('state').execute();
    assert.equal(left.length, 1);
    assert.notEqual(left[0]?.state, 'resolved');
    assert.equal((await open.db.selectFrom('alerts').select('incident').distinct().execute()).length, 1);
  });

  it('makes up for what the store has and it has not, and names what cannot be read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-record-'));
    try {
      const blobs = new FolderBlobs(directory, false);
      const records = createRecords({ blobs });
      for (const n of [1, 2, 3]) {
        for (const revision of [1, 2]) {
          await records.saveRecord({ record: incident('suspected pool saturation', n, { revision }) });
        }
      }
      await blobs.put('records/broken/run-000001764500000-x/r1.json', Buffer.from('{'));
      const first = await catchUp(open.db, blobs);
      assert.deepEqual([first.stored, first.kept, first.unreadable.length], [7, 6, 1]);
      assert.match(first.unreadable[0]!, /record\/broken\/.*: it is not JSON/);
      assert.equal((await catchUp(open.db, blobs)).kept, 0);
      assert.equal((await statistics()).incidents.all, 3);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

describe('the record of past incidents', function () {
  this.timeout(120_000);

  describe('embedded', () => {
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'faultline-record-'));
    });
    after(() => rm(directory, { recursive: true, force: true }));

    const settings = () => recordConfig.parse({ directory });
    itKeepsTheRecord(settings);

    it('is served to others by whoever opened it first, and taken over when that one ends', async () => {
      const owner = (await openRecord(settings()))!;
      const other = (await openRecord(settings()))!;
      await keepRevision(owner.db, incident('resolved', 1), T0);
      const asked = { since: 0, until: UNTIL };
      assert.equal((await readStatistics(other.db, asked)).incidents.all, 1);
      await other.close();
      await owner.close();
      const heir = (await openRecord(settings()))!;
      assert.equal((await readStatistics(heir.db, asked)).incidents.all, 1);
      await heir.close();
    });

    it('follows the store without being waited for', async () => {
      const blobs = new FolderBlobs(join(directory, 'store'), false);
      const log = { info: () => {}, warn: (problem: unknown) => assert.fail(JSON.stringify(problem)) };
      const keeper = startRecordKeeper(settings(), blobs, log as never);
      await createRecords({ blobs }).saveRecord({ record: incident('inconclusive', 8) });
      keeper.note(incident('inconclusive', 9));
      const open = (await openRecord(settings()))!;
      try {
        for (let kept = 0; kept < 2; await new Promise((wake) => setTimeout(wake, 200))) {
          const rows = await open.db
            .selectFrom('incidents')
            .select('id')
            .where('level', '=', 'inconclusive')
            .execute();
          kept = rows.length;
        }
      } finally {
        await keeper.close();
        await open.close();
      }
    });
  });

  describe('in PostgreSQL', () => {
    let server: RunningServer;
    before(async function () {
      server = await startPostgres(needs(this, 'initdb').initdb);
    });
    after(() => server.stop());

    itKeepsTheRecord(() =>
      recordConfig.parse({
        postgres: { url: `postgresql://postgres@127.0.0.1:${server.port}/postgres` },
      }),
    );
  });

  it('tells how far few judgements reach', () => {
    assert.deepEqual(
      [wilson(0, 1), wilson(8, 10), wilson(800, 1000)].map((ends) =>
        ends.map((end) => Number(end.toFixed(3))),
      ),
      [
        [0, 0.793],
        [0.49, 0.943],
        [0.774, 0.824],
      ],
    );
  });
});
