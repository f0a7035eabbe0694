import assert from 'node:assert/strict';
import fc from 'fast-check';
import { commentOf, newBody, updatedBody } from '../../activities/publish/github/body.js';
import { titleOf } from '../../report/headline.js';
import { SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { GithubRepository, REPOSITORY, TOKEN } from './github-repository.js';
import { golden } from './golden.js';
import { COURSE, failureOf, ID, openEach, PublishLab, revisionOf } from './lab.js';
import { MOODS } from './vendor.js';

describe('github sink', () => {
  let repository: GithubRepository;
  let lab: PublishLab;
  openEach(() => [(repository = new GithubRepository()), (lab = new PublishLab())]);

  const sink = () => ({ type: 'github', token: TOKEN, repository: REPOSITORY, url: repository.url });
  const own = () => repository.issues.filter(({ title }) => title !== 'Other');

  it('files one issue, keeps it up to date and closes it at the end', async () => {
    const publications = await lab.tell(sink());
    const [issue] = own();
    assert.equal(own().length, 1);
    assert.equal(publications.at(-1)?.reference, `https://github.example/${REPOSITORY}/issues/1`);
    assert.equal(issue?.title, titleOf(COURSE[4]!));
    assert.equal(issue.state, 'closed');
    assert.deepEqual(issue.labels, ['incident']);
    assert.match(issue.body, /## Probable cause/);
  });

  it('comments when a reader must know what changed, and only then', async () => {
    await lab.tell(sink());
    const comments = own()[0]?.comments ?? [];
    assert.equal(comments.length, 2);
    assert.match(comments[0]!.body, /^- Confirmed, was suspected/);
    assert.match(comments[1]!.body, /^- Resolved at/);
  });

  it('asks for nothing at the first attempt but to file the issue', async () => {
    await lab.publish(sink(), COURSE[0]!);
    assert.deepEqual(repository.calls, [`POST /repos/${REPOSITORY}/issues`]);
  });

  it('keeps what people write into the issue', async () => {
    await lab.publish(sink(), COURSE[0]!);
    const issue = own()[0]!;
    issue.body = `Read this first.\n\n${issue.body.replace('**Resolution:**', '**Resolution:** a rollback')}\n\nThe end.`;
    await lab.tell(sink(), COURSE.slice(1));
    assert.ok(issue.body.startsWith('Read this first.\n\n<!-- faultline: '));
    assert.ok(issue.body.endsWith('\n\nThe end.'));
    assert.match(issue.body, /Resolution:\*\* a rollback/);
    assert.equal(issue.body.match(/## Summary/g)?.length, 1);
  });

  it('puts the summary on top when somebody removed its marks', () => {
    const body = updatedBody('Only my words.', COURSE[1]!);
    assert.ok(body.startsWith('<!-- faultline: '));
    assert.ok(body.endsWith('Only my words.'));
  });

  it('leaves an issue closed that a person closed, and open that was given up', async () => {
    await lab.publish(sink(), COURSE[0]!);
    own()[0]!.state = 'closed';
    await lab.publish(sink(), COURSE[1]!);
    assert.equal(own()[0]?.state, 'closed');
    await lab.publish(sink(), revisionOf('suspected pool saturation', 1, { id: `${ID}b` }));
    await lab.publish(sink(), { ...COURSE[4]!, id: `${ID}b`, revision: 2, state: 'expired' });
    assert.equal(own()[1]?.state, 'open');
  });

  it('leaves closing to people where it shall not', async () => {
    await lab.tell({ ...sink(), closeOnFinal: false });
    assert.equal(own()[0]?.state, 'open');
  });

  it('finds its issue among those of others when the ledger lost it', async () => {
    await lab.publish(sink(), COURSE[0]!);
    for (let index = 0; index < 120; index += 1) repository.file('something else');
    repository.file(own()[0]!.body, true);
    await lab.forget();
    await lab.publish(sink(), COURSE[1]!);
    assert.equal(own().length, 1);
    assert.equal(own()[0]?.title, titleOf(COURSE[1]!));
  });

  it('files a new issue when somebody deleted it', async () => {
    await lab.publish(sink(), COURSE[0]!);
    repository.issues = [];
    await lab.publish(sink(), COURSE[1]!);
    assert.equal(own().length, 1);
  });

  it('has one issue and one comment of each change after any failures and lost replies', async function () {
    this.timeout(120_000);
    const moods = fc.array(fc.array(fc.constantFrom(...MOODS), { maxLength: 6 }), {
      minLength: 5,
      maxLength: 5,
    });
    let incidents = 0;
    await fc.assert(
      fc.asyncProperty(moods, async (days) => {
        const id = `${ID}${(incidents += 1)}`;
        repository.issues = [];
        repository.file('something else');
        for (const [index, day] of days.entries()) {
          repository.moods = [...day];
          await lab.untilDone(sink(), { ...COURSE[index]!, id });
        }
        assert.equal(own().length, 1);
        const [issue] = own();
        assert.equal(issue?.title, titleOf(COURSE[4]!));
        assert.equal(issue.state, 'closed');
        assert.equal(issue.comments.length, 2);
      }),
      { numRuns: 20 },
    );
  });

  it('gives up with the words of GitHub and without the token', async () => {
    const wrong = 'github_pat_another_0123456789';
    const failure = await failureOf(lab.publish({ ...sink(), token: wrong }, COURSE[0]!));
    assert.equal(failure.nonRetryable, true);
    assert.match(failure.message, /answered 401: .*Bad credentials/);
    assert.ok(!failure.message.includes(wrong));
  });

  it('mentions nobody, refers to no issue, runs no markup and shows no secret of hostile labels', () => {
    for (const text of [
      newBody(SAMPLES['hostile labels']()),
      commentOf(SAMPLES['hostile labels'](), ['see #12 of @octocat <img src=x> `#3`']),
    ]) {
      // Code, and blocks of it: between runs of as many backticks.
      const shown = text.replace(/(?<![`\\])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
      assert.doesNotMatch(shown, /(?<![\\\w&])#\d/);
      assert.doesNotMatch(shown, /(?<![\w.@/-])@\w/);
      assert.doesNotMatch(shown, /(?<!\\)<(?!!-- faultline: [^<>]* -->|https?:)/);
      for (const secret of SECRETS) assert.ok(!text.includes(secret), secret);
    }
  });

  it('keeps below what GitHub takes, by whole sections', () => {
    const storm = SAMPLES.storm();
    for (const symptom of storm.diagnosis!.symptoms) {
      symptom.series = { ...symptom.series, query: `${symptom.series.id} ${'x '.repeat(2500)}` };
    }
    const body = newBody(storm);
    assert.ok(body.length < 60_000, String(body.length));
    assert.match(body, /no room for the rest/);
    assert.match(body, /## Probable cause/);
    for (const sample of Object.values(SAMPLES)) assert.ok(newBody(sample()).length < 65_536);
  });

  it('says what it always said', () => {
    golden('github-comment.md', commentOf(COURSE[1]!, ['Confirmed, was suspected.']));
  });
});
