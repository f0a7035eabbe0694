import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noteOf } from '../../activities/publish/pagerduty/note.js';
import { eventOf } from '../../activities/publish/pagerduty/events.js';
import type { IncidentRecord } from '../../model/incident.js';
import { titleOf } from '../../report/headline.js';
import { anAnomaly } from '../support/anomalies.js';
import { SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { golden } from './golden.js';
import { COURSE, failureOf, ID, openEach, PublishLab, revisionOf } from './lab.js';
import { FROM, PagerdutyAccount, ROUTING_KEY, TOKEN } from './pagerduty-account.js';
import { MOODS } from './vendor.js';

/** The same record, of alerts that rang these incidents of PagerDuty. */
function rungBy(record: IncidentRecord, ...ids: string[]): IncidentRecord {
  const anomalies = ids.map((id) =>
    anAnomaly({ source: 'pagerduty', labels: { pagerduty_incident_id: id } }),
  );
  return { ...record, anomalies };
}

const RUNG = COURSE.map((record) => rungBy(record, 'PT4KHLK'));

describe('pagerduty sink', () => {
  let account: PagerdutyAccount;
  let lab: PublishLab;
  openEach(() => [(account = new PagerdutyAccount()), (lab = new PublishLab())]);

  const notes = () => ({ token: TOKEN, from: FROM, url: account.url });
  const events = () => ({ routingKey: ROUTING_KEY, url: `${account.url}/v2/enqueue` });
  const both = () => ({ type: 'pagerduty', notes: notes(), events: events() });

  it('adds a note to the incident that rang at each turn of the story, and at no other revision', async () => {
    const incident = account.ring('PT4KHLK');
    const [first] = await lab.tell(both(), RUNG);
    assert.equal(first?.reference, 'PT4KHLK');
    assert.deepEqual(
      incident.notes.map((note) => note.split('\n')[0]),
      [0, 1, 4].map((revision) => titleOf(RUNG[revision]!)),
    );
    assert.match(incident.notes[1]!, /^Changed: Confirmed, was suspected/im);
    assert.match(incident.notes[2]!, /^Changed: Resolved at/m);
    assert.equal(account.rings, 1, 'only PagerDuty itself rang');
  });

  it('asks for nothing at the first attempt but to take the note', async () => {
    account.ring('PT4KHLK');
    await lab.publish(both(), RUNG[0]!);
    assert.deepEqual(account.calls, ['POST /incidents/PT4KHLK/notes']);
  });

  it('tells each of the incidents that rang, and at most five', async () => {
    const ids = Array.from({ length: 7 }, (_, index) => `P${index}`);
    for (const id of ids) account.ring(id);
    await lab.publish(both(), rungBy(COURSE[0]!, ...ids, 'P0'));
    assert.deepEqual(
      account.incidents.map(({ notes }) => notes.length),
      [1, 1, 1, 1, 1, 0, 0],
    );
  });

  it('follows no label that cannot be an id of PagerDuty', async () => {
    const record = rungBy(COURSE[0]!, '../../users/P1?x=', '');
    assert.equal((await lab.publish({ type: 'pagerduty', notes: notes() }, record)).reference, null);
    assert.deepEqual(account.calls, []);
  });

  it('rings for an incident that came from elsewhere, and follows it to its end', async () => {
    const publications = await lab.tell(both());
    assert.ok(publications.every(({ reference }) => reference === ID));
    assert.equal(account.rings, 1);
    const [incident] = account.incidents;
    assert.equal(incident?.status, 'resolved');
    assert.equal(incident.notes.length, 2, 'the changed verdict and the end; the alert says the first');
  });

  it('acknowledges what somebody acknowledged here', async () => {
    await lab.tell({ type: 'pagerduty', events: events() }, COURSE.slice(0, 4));
    assert.equal(account.incidents[0]?.status, 'acknowledged');
  });

  it('rings anew only when an incident is escalated that was resolved in PagerDuty', async () => {
    await lab.publish(both(), COURSE[0]!);
    account.incidents[0]!.status = 'resolved';
    await lab.publish(both(), COURSE[1]!);
    assert.equal(account.rings, 1);
    await lab.publish(
      both(),
      revisionOf('confirmed bad deploy', 3, { revisionReason: 'escalation', acknowledged: null }),
    );
    assert.equal(account.rings, 2);
  });

  it('leaves the alert of an incident open that was given up at its time limit', async () => {
    await lab.publish(both(), COURSE[0]!);
    const timings = { ...COURSE[4]!.timings };
    await lab.publish(both(), { ...COURSE[4]!, state: 'expired', timings, revision: 2 });
    assert.equal(account.incidents[0]?.status, 'triggered');
    assert.equal(account.incidents[0].notes.length, 1);
  });

  it('passes over what did not come from PagerDuty when it shall not ring', async () => {
    const { reference } = await lab.publish({ type: 'pagerduty', notes: notes() }, COURSE[0]!);
    assert.equal(reference, null);
    assert.deepEqual(account.calls, []);
  });

  it('has one note of each turn and one ring after any failures and lost replies', async function () {
    this.timeout(120_000);
    const moods = fc.array(fc.array(fc.constantFrom(...MOODS), { maxLength: 6 }), {
      minLength: 5,
      maxLength: 5,
    });
    let incidents = 0;
    await fc.assert(
      fc.asyncProperty(moods, async (days) => {
        const id = `${ID}${(incidents += 1)}`;
        const pager = account.ring(`P${incidents}`);
        const rung = account.rings;
        for (const [index, day] of days.entries()) {
          account.moods = [...day];
          await lab.untilDone(both(), rungBy({ ...COURSE[index]!, id }, pager.id));
          account.moods = [...day];
          await lab.untilDone(both(), { ...COURSE[index]!, id: `${id}e` });
        }
        assert.deepEqual(
          pager.notes.map((note) => note.split('/').at(-1)),
          ['r1', 'r2', 'r5'],
        );
        assert.equal(account.rings, rung + 1);
        assert.equal(account.incidents.at(-1)?.status, 'resolved');
        assert.equal(account.incidents.at(-1)?.notes.length, 2);
      }),
      { numRuns: 15 },
    );
  });

  it('waits as long as PagerDuty wishes, and gives up with its words and without the token', async () => {
    account.ring('PT4KHLK');
    account.moods = ['busy'];
    const busy = await failureOf(lab.publish(both(), RUNG[0]!));
    assert.equal(busy.nextRetryDelay, 7_000);
    const wrong = { type: 'pagerduty', notes: { ...notes(), token: 'another token' } };
    const refused = await failureOf(lab.publish(wrong, RUNG[0]!));
    assert.equal(refused.nonRetryable, true);
    assert.match(refused.message, /^sink it at 127\.0\.0\.1:\d+ answered 401/);
    assert.ok(!refused.message.includes('another token'));
  });

  it('shows hostile labels on the line where they belong, and no secret', () => {
    const hostile = SAMPLES['hostile labels']();
    const note = noteOf(hostile, []);
    const harmless = noteOf(SAMPLES['suspected pool saturation'](), []);
    assert.ok(note.length < 6000, String(note.length));
    assert.match(note.split('\n').at(-1)!, /^Faultline: incident\/checkout\//);
    assert.equal(note.split('\n').filter((line) => line.startsWith('For: ')).length, 3);
    assert.equal(harmless.split('\n').filter((line) => line.startsWith('For: ')).length, 3);
    for (const text of [note, JSON.stringify(eventOf(hostile, 'trigger'))]) {
      for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
      assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}|\u202e/u);
    }
  });

  it('says what it always said', () => {
    const sample = rungBy(SAMPLES['suspected pool saturation'](), 'PT4KHLK');
    golden('pagerduty-note.txt', noteOf(sample, []));
    golden('pagerduty-trigger.json', eventOf(sample, 'trigger'));
  });
});
