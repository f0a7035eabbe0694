import assert from 'node:assert/strict';
import fc from 'fast-check';
import { annotationOf, incidentTag } from '../../activities/publish/grafana/annotation.js';
import { factsOf } from '../../report/facts.js';
import { SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { golden } from './golden.js';
import { GrafanaServer, TOKEN } from './grafana-server.js';
import { COURSE, failureOf, ID, openEach, PublishLab } from './lab.js';
import { MOODS } from './vendor.js';

describe('grafana sink', () => {
  let grafana: GrafanaServer;
  let lab: PublishLab;
  openEach(() => [(grafana = new GrafanaServer()), (lab = new PublishLab())]);

  const sink = () => ({
    type: 'grafana',
    url: `${grafana.url}/grafana/`,
    auth: { type: 'bearer', token: TOKEN },
  });

  it('opens one annotation at the first symptom and gives it its end when the incident is over', async () => {
    const [first] = await lab.tell({ ...sink(), tags: ['shop'] }, COURSE.slice(0, 4));
    const [annotation] = grafana.annotations;
    assert.equal(first?.reference, '1');
    assert.equal(annotation?.time, factsOf(COURSE[3]!).zero * 1000);
    assert.equal(annotation.timeEnd, undefined);
    assert.deepEqual(annotation.tags, [
      'faultline',
      ID,
      'checkout',
      'production',
      'confirmed',
      'code change',
      'shop',
    ]);
    await lab.publish(sink(), COURSE[4]!);
    assert.equal(grafana.annotations.length, 1);
    assert.equal(annotation.timeEnd, COURSE[4]!.timings.closedAt! * 1000);
    assert.match(annotation.text, /^<div><b>\[Resolved /);
  });

  it('asks for nothing at the first attempt but to take the annotation', async () => {
    await lab.publish(sink(), COURSE[0]!);
    assert.deepEqual(grafana.calls, ['POST /grafana/api/annotations']);
  });

  it('ties the annotation to the dashboard that it is told', async () => {
    grafana.annotations.push({
      id: 1,
      time: 1,
      tags: [incidentTag(ID)],
      text: 'elsewhere',
      dashboardUID: 'other',
    });
    await lab.publish({ ...sink(), dashboardUid: 'uGlb_lG7z' }, COURSE[1]!);
    assert.equal(grafana.annotations[1]?.dashboardUID, 'uGlb_lG7z');
  });

  it('finds its annotation by its tag when the ledger lost it', async () => {
    await lab.publish(sink(), COURSE[0]!);
    await lab.forget();
    await lab.publish(sink(), COURSE[1]!);
    assert.equal(grafana.annotations.length, 1);
  });

  it('opens a new annotation when somebody deleted it', async () => {
    await lab.publish(sink(), COURSE[0]!);
    grafana.annotations = [];
    await lab.publish(sink(), COURSE[1]!);
    assert.equal(grafana.annotations.length, 1);
  });

  it('has one annotation with its end after any failures and lost replies', async function () {
    this.timeout(120_000);
    const moods = fc.array(fc.array(fc.constantFrom(...MOODS), { maxLength: 6 }), {
      minLength: 5,
      maxLength: 5,
    });
    let incidents = 0;
    await fc.assert(
      fc.asyncProperty(moods, async (days) => {
        const id = `${ID}${(incidents += 1)}`;
        for (const [index, day] of days.entries()) {
          grafana.moods = [...day];
          await lab.untilDone(sink(), { ...COURSE[index]!, id });
        }
        const own = grafana.annotations.filter(({ tags }) => tags.includes(id));
        assert.equal(own.length, 1);
        assert.ok(own[0]?.timeEnd !== undefined);
      }),
      { numRuns: 15 },
    );
  });

  it('gives up with the words of Grafana and without the token', async () => {
    const token = 'glsa_another_0123456789';
    const failure = await failureOf(lab.publish({ ...sink(), auth: { type: 'bearer', token } }, COURSE[0]!));
    assert.equal(failure.nonRetryable, true);
    assert.match(failure.message, /answered 401: .*Invalid API key/);
    assert.ok(!failure.message.includes(token));
  });

  it('keeps a long id of an incident within what a tag takes', () => {
    const [one, other] = ['a', 'b'].map((end) => incidentTag(`incident/${'x'.repeat(200)}${end}`));
    assert.ok(one!.length <= 100);
    assert.notEqual(one, other);
  });

  it('shows hostile labels as text, and no secret', () => {
    const { text, tags } = annotationOf(SAMPLES['hostile labels'](), []);
    assert.doesNotMatch(text, /<(?!\/?(?:div|b|a)\b|br\/>)/);
    for (const [, href = ''] of text.matchAll(/<a ([^>]*)>/g))
      assert.match(href, /^href="https?:\/\/[^"]*"$/);
    for (const secret of SECRETS) assert.ok(!text.includes(secret) && !tags.join().includes(secret), secret);
  });

  it('says what it always said', () => {
    golden('grafana-annotation.json', annotationOf(SAMPLES['suspected pool saturation'](), ['shop']));
  });
});
