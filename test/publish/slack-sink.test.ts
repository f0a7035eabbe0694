import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { pino } from 'pino';
import { createPublish } from '../../activities/publish/publish.js';
import { summaryMessage } from '../../activities/publish/slack/message.js';
import type { BlobStore } from '../../activities/record/blob-store.js';
import { FolderBlobs } from '../../activities/record/folder-blobs.js';
import { createRecords, type Records } from '../../activities/record/records.js';
import { configSchema } from '../../config/schema.js';
import type { IncidentRecord, Publication } from '../../model/incident.js';
import { titleOf } from '../../report/headline.js';
import { SAMPLES } from '../support/records.js';
import { CHANNEL, textsOf, TOKEN, Workspace, type Mood } from './slack-workspace.js';

const ID = 'incident/checkout/20261124-1042-0a1b2c';
const NOW = Math.floor(Date.now() / 1000);

type Sample = keyof typeof SAMPLES;

/** A sample as a revision of one incident that was opened now. */
function revisionOf(sample: Sample, revision: number, more: Partial<IncidentRecord> = {}): IncidentRecord {
  const record = SAMPLES[sample]();
  const timings = { ...record.timings, openedAt: NOW };
  const runId = '01234567-89ab-cdef-0123-456789abcdef';
  return { ...record, id: ID, runId, revision, timings, revisionReason: 'update', ...more };
}

/** The course of an incident: suspected, then confirmed with another cause, then nobody comes, then over. */
const COURSE: IncidentRecord[] = [
  revisionOf('suspected pool saturation', 1, { revisionReason: 'first-result' }),
  revisionOf('confirmed bad deploy', 2),
  revisionOf('confirmed bad deploy', 3, { revisionReason: 'reminder', acknowledged: null }),
  revisionOf('confirmed bad deploy', 4, { revisionReason: 'acknowledged' }),
  revisionOf('resolved', 5, { revisionReason: 'final' }),
];

describe('slack sink', () => {
  let slack: Workspace;
  let directory: string;
  let blobs: BlobStore;
  let records: Records;
  beforeEach(async () => {
    slack = new Workspace();
    await slack.open();
    directory = await mkdtemp(join(tmpdir(), 'faultline-slack-'));
    blobs = new FolderBlobs(directory);
    records = createRecords({ blobs });
  });
  afterEach(async () => {
    await slack.close();
    await rm(directory, { recursive: true });
  });

  const save = async (record: IncidentRecord) => (await records.saveRecord({ record })).uri;

  function publisher(settings: Record<string, unknown> = {}) {
    const { sinks } = configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://127.0.0.1:9' },
      sinks: [{ type: 'slack', name: 'chat', token: TOKEN, channel: CHANNEL, url: slack.url, ...settings }],
    });
    const { publish } = createPublish({ sinks, records, blobs, log: pino({ level: 'silent' }) });
    return (recordUri: string, attempt = 1): Promise<Publication> =>
      new MockActivityEnvironment({ attempt }, { logger: new DefaultLogger('ERROR') }).run(publish, {
        sink: 'chat',
        recordUri,
      });
  }

  /** Tries as Temporal does: again after whatever may pass, without the waits. */
  async function untilDone(uri: string, settings: Record<string, unknown> = {}): Promise<Publication> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await publisher(settings)(uri, attempt);
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.nonRetryable) throw error;
      }
    }
  }

  async function failureOf(publish: Promise<Publication>): Promise<ApplicationFailure> {
    try {
      await publish;
    } catch (error) {
      assert.ok(error instanceof ApplicationFailure, String(error));
      return error;
    }
    return assert.fail('Slack took it');
  }

  it('posts the first summary and names its place', async () => {
    const publication = await publisher()(await save(COURSE[0]!));
    const [message] = slack.messages;
    assert.equal(publication.reference, `${CHANNEL}/${message?.ts}`);
    assert.equal(textsOf(message?.blocks)[0], titleOf(COURSE[0]!).replaceAll('>', '&gt;'));
    assert.deepEqual(
      slack.calls,
      ['chat.postMessage'],
      'the first attempt asks for nothing that cannot be there',
    );
  });

  it('changes the message in place and tells in its thread what a reader must know', async () => {
    for (const record of COURSE) await publisher()(await save(record));
    assert.equal(slack.parents.length, 1);
    const [parent] = slack.parents;
    assert.match(parent!.text, /^\[Resolved/);
    assert.equal(parent!.edits, COURSE.length - 1);
    assert.deepEqual(
      slack.replies.map(({ metadata }) => metadata?.event_payload['revision']),
      [2, 3, 5],
    );
    assert.ok(slack.replies.every(({ thread_ts }) => thread_ts === parent!.ts));
  });

  it('says in the thread what changed, and calls the channel only when somebody is called for', async () => {
    for (const record of COURSE) await publisher()(await save(record));
    const [changed, reminder, final] = slack.replies;
    assert.match(changed!.text, /confirmed/i);
    assert.match(reminder!.text, /Nobody has acknowledged/);
    assert.match(final!.text, /resolved/i);
    assert.deepEqual(
      slack.replies.map(({ isBroadcast }) => isBroadcast),
      [false, true, false],
    );
  });

  it('replies nothing when nothing that a reader must know has changed', async () => {
    await publisher()(await save(COURSE[0]!));
    await publisher()(await save({ ...COURSE[0]!, revision: 2, revisionReason: 'update' }));
    assert.equal(slack.replies.length, 0);
    assert.equal(slack.parents[0]?.edits, 1);
  });

  it('shows buttons only where a signing secret says that they are heard', async () => {
    const hasButtons = () => JSON.stringify(slack.parents).includes('faultline-rerun');
    await publisher()(await save(COURSE[0]!));
    assert.equal(hasButtons(), false);
    await publisher({ signingSecrets: ['a signing secret'] })(await save(COURSE[1]!));
    assert.equal(hasButtons(), true);
    assert.ok(!JSON.stringify(slack.messages).includes('a signing secret'));
  });

  it('has one message with the right content after any failures and lost replies', async function () {
    this.timeout(120_000);
    const mood = fc.constantFrom<Mood>(
      'take',
      'fail',
      'busy',
      'reset',
      'internal error',
      'page of a proxy',
      'take and lose the reply',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(mood, { maxLength: 6 }), { minLength: 5, maxLength: 5 }),
        async (days) => {
          const id = `${ID}${(revisions += 1)}`;
          slack.messages = [];
          for (const [index, moods] of days.entries()) {
            slack.moods = [...moods];
            slack.chat('What is this?');
            await untilDone(await save({ ...COURSE[index]!, id }));
          }
          const own = slack.parents.filter(({ metadata }) => metadata !== undefined);
          assert.equal(own.length, 1);
          const last = { ...COURSE.at(-1)!, id };
          const { text, blocks } = summaryMessage(last, { sink: 'chat', hasButtons: false });
          assert.deepEqual({ text: own[0]!.text, blocks: own[0]!.blocks }, { text, blocks });
          const told = slack.replies.map(({ metadata }) => metadata?.event_payload['revision']);
          assert.deepEqual(told, [2, 3, 5]);
        },
      ),
      { numRuns: 20 },
    );
  });
  let revisions = 0;

  it('finds its message where the ledger lost it, behind pages of chatter', async () => {
    await publisher()(await save(COURSE[0]!));
    for (let line = 0; line < 10; line += 1) slack.chat(`line ${line}`);
    await rm(directory, { recursive: true });
    await publisher()(await save(COURSE[1]!));
    assert.equal(slack.parents.filter(({ metadata }) => metadata).length, 1);
  });

  it('leaves the message of another sink in the same channel alone', async () => {
    await publisher({ name: 'chat' })(await save(COURSE[0]!));
    slack.messages[0]!.metadata!.event_payload['sink'] = 'other';
    await publisher()(await save({ ...COURSE[0]!, id: `${ID}z` }), 2);
    assert.equal(slack.parents.length, 2);
  });

  it('posts anew when somebody deleted the message', async () => {
    await publisher()(await save(COURSE[0]!));
    slack.messages = [];
    const { reference } = await publisher()(await save(COURSE[1]!));
    assert.equal(slack.parents.length, 1);
    assert.equal(reference, `${CHANNEL}/${slack.parents[0]?.ts}`);
  });

  it('posts also where the app may not read the channel', async () => {
    slack.canRead = false;
    slack.moods = ['take and lose the reply'];
    await untilDone(await save(COURSE[0]!));
    assert.equal(slack.parents.length, 2, 'it cannot be known that the first was taken');
  });

  it('asks Temporal to wait as long as Slack wishes', async () => {
    slack.moods = ['busy'];
    const failure = await failureOf(publisher()(await save(COURSE[0]!)));
    assert.equal(failure.type, 'SinkUnavailable');
    assert.equal(failure.nextRetryDelay, 7_000);
  });

  it('gives up with words that say what to do, without the token', async () => {
    const channel = 'C9999999999';
    const failure = await failureOf(publisher({ channel })(await save(COURSE[0]!)));
    assert.equal(failure.nonRetryable, true);
    assert.equal(
      failure.message,
      'sink chat refused chat.postMessage: channel_not_found: check channel, and invite the app when the channel is private',
    );
    const wrong = await failureOf(publisher({ token: 'xoxb-2222222222-wrong' })(await save(COURSE[0]!)));
    assert.match(wrong.message, /invalid_auth: check token/);
    assert.ok(!wrong.message.includes('xoxb'));
  });

  it('names the scope that is missing', async () => {
    slack.moods = [{ error: 'missing_scope', needed: 'chat:write' }];
    const failure = await failureOf(publisher()(await save(COURSE[0]!)));
    assert.match(failure.message, /missing_scope \(chat:write\): give the app this scope/);
  });
});
