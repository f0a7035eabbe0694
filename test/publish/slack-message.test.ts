import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { summaryMessage } from '../../activities/publish/slack/message.js';
import { code, escapeMrkdwn, fitted, link } from '../../activities/publish/slack/mrkdwn.js';
import { newsMessage } from '../../activities/publish/slack/news.js';
import type { IncidentRecord } from '../../model/incident.js';
import { hostileRecord, SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';
import { blocksSchema, RINGS, textsOf } from './slack-workspace.js';

/*
 * Whole messages, kept for the eye. After a wanted change write them anew and read the difference:
 * UPDATE_GOLDEN=1 npx mocha test/publish/slack-message.test.ts
 */
const FOLDER = fileURLToPath(new URL('slack-golden', import.meta.url));

const OPTIONS = { sink: 'chat', hasButtons: true };

function lengthOf(record: IncidentRecord): number {
  const { text, blocks } = summaryMessage(record, OPTIONS);
  return text.length + textsOf(blocks).join('').length;
}

describe('the message in Slack', () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    it(`looks as it was approved: ${name}`, () => {
      const file = `${FOLDER}/${name.replaceAll(' ', '-')}.json`;
      const actual = `${JSON.stringify(summaryMessage(sample(), OPTIONS), null, 2)}\n`;
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(file, actual);
      }
      assert.equal(actual, readFileSync(file, 'utf8'));
    });

    it(`keeps to Slack's limits, also with hostile labels: ${name}`, () => {
      for (const record of [sample(), hostileRecord(sample())]) {
        const { text, blocks } = summaryMessage(record, OPTIONS);
        blocksSchema.parse(blocks);
        assert.ok(text.length > 0);
        assert.ok(lengthOf(record) < 10_000, String(lengthOf(record)));
      }
    });

    it(`rings nobody and shows no secret, whatever labels say: ${name}`, () => {
      const hostile = hostileRecord(sample());
      const { text, blocks } = summaryMessage(hostile, OPTIONS);
      const news = newsMessage({ ...hostile, revisionReason: 'final' }, sample(), 'chat');
      const shown = [
        text,
        ...textsOf(blocks),
        ...textsOf(news?.message.blocks ?? []),
        news?.message.text ?? '',
      ];
      for (const one of shown) {
        assert.doesNotMatch(one, RINGS);
        for (const secret of SECRETS) assert.ok(!one.includes(secret), secret);
      }
    });
  }

  it('offers what can be asked of the incident as it stands', () => {
    const buttonsOf = (record: IncidentRecord): string[] =>
      summaryMessage(record, OPTIONS).blocks.flatMap((block) =>
        block.type === 'actions'
          ? block.elements.flatMap((one) => ('action_id' in one ? [one.action_id] : []))
          : [],
      );
    assert.deepEqual(buttonsOf(SAMPLES['suspected pool saturation']()), [
      'faultline-acknowledge',
      'faultline-right',
      'faultline-wrong',
      'faultline-rerun',
    ]);
    assert.ok(
      !buttonsOf(SAMPLES['confirmed bad deploy']()).includes('faultline-acknowledge'),
      'acknowledged',
    );
    assert.ok(!buttonsOf(SAMPLES['still looking']()).includes('faultline-right'), 'nothing to judge');
    assert.ok(!buttonsOf(SAMPLES['corrected by a person']()).includes('faultline-wrong'), 'judged');
    assert.ok(!buttonsOf(SAMPLES.resolved()).includes('faultline-rerun'), 'over');
  });
});

describe('text for Slack', () => {
  it('is never markup, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.nat(300), (text, limit) => {
        const shown = fitted(text, limit + 1);
        assert.doesNotMatch(shown, /[<>*~`]/);
        assert.doesNotMatch(shown, /&(?!(?:amp|lt|gt);)/);
        assert.ok(shown.length <= limit + 1);
      }),
    );
  });

  const table: [string, string][] = [
    ['<!channel> & <@U012AB3CD>', '&lt;!channel&gt; &amp; &lt;@U012AB3CD&gt;'],
    ['db_pool_size of _payment_', 'db_pool_size of \u02cdpayment\u02cd'],
    ['*bold* ~gone~ `code`', '\u2217bold\u2217 \u223cgone\u223c \u02cbcode\u02cb'],
    ['at 10:42:05 on http://host:9090', 'at 10:42:05 on http://host:9090'],
  ];
  for (const [text, expected] of table) {
    it(`shows ${JSON.stringify(text)} as it reads`, () => assert.equal(escapeMrkdwn(text), expected));
  }

  it('is cut before an entity, never within one', () => {
    assert.equal(fitted('a & b', 3), 'a…');
    assert.equal(fitted('a<<<<', 9), 'a&lt;…');
  });

  it('keeps a command as it is to be pasted, or does not show it', () => {
    assert.equal(
      code('kubectl get pods -l app=a && date', 100),
      '`kubectl get pods -l app=a &amp;&amp; date`',
    );
    assert.equal(code('echo `date`', 100), null);
    assert.equal(code('x'.repeat(99), 100), null);
  });

  it('links pages only, and nothing ends a link early', () => {
    assert.equal(
      link('Report | all', 'https://a.example/?q=a|b>c', 100),
      '<https://a.example/?q=a%7Cb%3Ec|Report \u2758 all>',
    );
    assert.equal(link('Report', 'javascript:alert(1)', 100), null);
    assert.equal(link('Report', '/var/lib/report.md', 100), null);
    assert.equal(link('Report', `https://a.example/${'x'.repeat(100)}`, 100), null);
  });
});
