import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commentOf, descriptionOf } from '../../activities/publish/jira/description.js';
import { escapeWiki, guardWikiStart, verbatim, wikiLink } from '../../activities/publish/jira/markup.js';
import { titleOf } from '../../report/headline.js';
import { SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { golden } from './golden.js';
import { JiraSite, LOGIN, PROJECT } from './jira-site.js';
import { COURSE, failureOf, ID, openEach, PublishLab } from './lab.js';
import { MOODS } from './vendor.js';

describe('jira sink', () => {
  let site: JiraSite;
  let lab: PublishLab;
  openEach(() => [(site = new JiraSite()), (lab = new PublishLab())]);

  const sink = () => ({ type: 'jira', url: `${site.url}/jira/`, auth: LOGIN, project: PROJECT });

  it('files one issue, keeps it up to date and comments when a reader must know what changed', async () => {
    const publications = await lab.tell(sink());
    const [issue] = site.issues;
    assert.equal(site.issues.length, 1);
    assert.equal(publications.at(-1)?.reference, `${site.url}/jira/browse/OPS-1`);
    assert.equal(issue?.summary, titleOf(COURSE[4]!));
    assert.match(issue.description, /^h2\. Probable cause$/m);
    assert.equal(issue.comments.length, 2);
    assert.match(issue.comments[0]!, /^\* Confirmed, was suspected/);
    assert.equal(issue.status, 'Open', 'people move it');
    assert.deepEqual(issue.labels[0], 'incident');
  });

  it('asks for nothing at the first attempt but to file the issue', async () => {
    await lab.publish(sink(), COURSE[0]!);
    assert.deepEqual(site.calls, ['POST /jira/rest/api/2/issue']);
  });

  for (const finalTransition of ['done', 'Resolve it']) {
    it(`takes the issue through the transition '${finalTransition}' when the incident is over`, async () => {
      await lab.tell({ ...sink(), finalTransition });
      assert.equal(site.issues[0]?.status, 'Done');
    });
  }

  it('leaves an issue where it is that is not offered the transition', async () => {
    await lab.tell({ ...sink(), finalTransition: 'Archive' });
    assert.equal(site.issues[0]?.status, 'Open');
  });

  for (const isCloud of [true, false]) {
    it(`finds its issue on ${isCloud ? 'Cloud' : 'Data Center'} when the ledger lost it`, async () => {
      site.isCloud = isCloud;
      await lab.publish(sink(), COURSE[0]!);
      await lab.forget();
      await lab.publish(sink(), COURSE[1]!);
      assert.equal(site.issues.length, 1);
      assert.equal(site.issues[0]?.summary, titleOf(COURSE[1]!));
    });
  }

  it('files a new issue when somebody deleted it', async () => {
    await lab.publish(sink(), COURSE[0]!);
    site.issues = [];
    await lab.publish(sink(), COURSE[1]!);
    assert.equal(site.issues.length, 1);
  });

  it('gives the index its time before it files what it may have filed', async () => {
    let now = 0;
    site.now = () => now;
    site.indexLag = 15;
    site.moods = ['take and lose the reply'];
    await failureOf(lab.publish(sink(), COURSE[0]!, 1));
    const waits = await failureOf(lab.publish(sink(), COURSE[0]!, 2));
    assert.equal(waits.nextRetryDelay, 20_000);
    assert.match(waits.message, /time to index/);
    site.moods = ['fail'];
    const blind = await failureOf(lab.publish(sink(), COURSE[0]!, 4));
    assert.equal(blind.nextRetryDelay, 20_000, 'also when it could not look');
    now = 20;
    await lab.publish(sink(), COURSE[0]!, 5);
    assert.equal(site.issues.length, 1);
  });

  it('has one issue and one comment of each change after any failures and lost replies', async function () {
    this.timeout(120_000);
    const moods = fc.array(fc.array(fc.constantFrom(...MOODS), { maxLength: 6 }), {
      minLength: 5,
      maxLength: 5,
    });
    let incidents = 0;
    await fc.assert(
      fc.asyncProperty(moods, fc.boolean(), async (days, isCloud) => {
        const id = `${ID}${(incidents += 1)}`;
        site.isCloud = isCloud;
        site.now = () => lab.waited;
        site.indexLag = 15;
        const before = site.issues.length;
        for (const [index, day] of days.entries()) {
          site.moods = [...day];
          await lab.untilDone({ ...sink(), finalTransition: 'Done' }, { ...COURSE[index]!, id });
        }
        assert.equal(site.issues.length, before + 1);
        const issue = site.issues.at(-1)!;
        assert.equal(issue.summary, titleOf(COURSE[4]!));
        assert.equal(issue.comments.length, 2);
        assert.equal(issue.status, 'Done');
      }),
      { numRuns: 15 },
    );
  });

  it('gives up with the words of Jira and without the token', async () => {
    const auth = { ...LOGIN, password: 'another token' };
    const failure = await failureOf(lab.publish({ ...sink(), auth }, COURSE[0]!));
    assert.equal(failure.nonRetryable, true);
    assert.match(failure.message, /answered 401: .*Client must be authenticated/);
    assert.ok(!failure.message.includes('another token'));
  });

  it('says what it always said in a comment', () => {
    golden(
      'jira-comment.txt',
      commentOf(COURSE[1]!, ['Confirmed, was suspected. Cause: payment (code change).']),
    );
  });
});

describe('the wiki markup of jira', () => {
  for (const [text, shown] of [
    ['*bold* _em_ -gone- +under+', '\\*bold\\* \\_em\\_ \\-gone\\- \\+under\\+'],
    ['2026-11-24, db_pool_size', '2026-11-24, db_pool_size'],
    ['[~admin] [x|http://evil.example]', '\\[\\~admin\\] \\[x\\|http://evil.example\\]'],
    ['{panel}!http://evil.example/x.png!', '\\{panel\\}\\!http://evil.example/x.png\\!'],
    ['??cite?? why?', '\\?\\?cite\\?\\? why?'],
    ['fine (x) (on) :) f(x)', 'fine \\(x) \\(on) \\:) f\\(x)'],
    ['C:\\tmp', 'C:\u2216tmp'],
  ] as const) {
    it(`reads ${text} as it stands`, () => assert.equal(escapeWiki(text), shown));
  }

  it('begins no heading, list, quote or table with a line from outside', () => {
    for (const line of ['h1. Big', '# item', '- item', 'bq. said', '|cell|']) {
      assert.equal(guardWikiStart(line), `\u2060${line}`);
    }
    assert.equal(guardWikiStart('the h1. of it'), 'the h1. of it');
  });

  it('ends a block of text only where it ends', () => {
    const block = verbatim('a\n{noformat}\nh1. x {NoFormat}');
    assert.equal(block.match(/\{noformat\}/gi)?.length, 2);
  });

  it('closes a link where its address ends', () => {
    assert.equal(wikiLink('a|b', 'https://x.example/?q=[1]'), '[a\\|b|https://x.example/?q=%5B1%5D]');
  });

  it('mentions nobody, runs no macro and shows no secret of hostile labels', () => {
    const description = descriptionOf(SAMPLES['hostile labels']());
    const shown = description.replace(/\{noformat\}\n[\s\S]*?\n\{noformat\}/g, '').replace(/\{\{|\}\}/g, '');
    assert.doesNotMatch(shown, /(?<!\\)\[~/);
    assert.doesNotMatch(shown, /(?<!\\)\{/);
    assert.doesNotMatch(shown, /(?<!\\)!/);
    for (const secret of SECRETS) assert.ok(!description.includes(secret), secret);
  });

  it('keeps below what Jira takes, by whole sections', () => {
    const storm = SAMPLES.storm();
    for (const symptom of storm.diagnosis!.symptoms) {
      symptom.series = { ...symptom.series, query: `${symptom.series.id} ${'x '.repeat(2500)}` };
    }
    const description = descriptionOf(storm);
    assert.ok(description.length <= 32_767, String(description.length));
    assert.match(description, /Cut to the limit of Jira/);
    assert.match(description, /^h2\. Probable cause$/m);
  });
});
