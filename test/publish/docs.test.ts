import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { execa } from 'execa';
import getPort from 'get-port';
import { openSink } from '../../activities/publish/open-sink.js';
import { outcomeOf } from '../../activities/publish/outcome.js';
import { revisionKey } from '../../activities/publish/revision-key.js';
import type { Sink } from '../../activities/publish/sink.js';
import { eventOf } from '../../activities/publish/webhook/body.js';
import { signature } from '../../activities/publish/webhook/sign.js';
import { configSchema } from '../../config/schema.js';
import { valueAt } from '../../config/schema-walk.js';
import { needs } from '../support/needs.js';
import { SAMPLES } from '../support/records.js';

const PAGE = readFileSync(new URL('../../docs/webhook-sink.md', import.meta.url), 'utf8');
const SECRET = 'a signing secret of the test';

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(PAGE)?.[1] ?? '';
}

/** The cells of the table whose first column is called so. */
function table(first: string): string[][] {
  const [, rows = ''] = new RegExp(`^\\| ${first} \\|.*\n\\|[-|]+\\|\n((?:\\|.*\n)+)`, 'm').exec(PAGE) ?? [];
  return rows
    .trim()
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

function aSink(url: string, signingSecret = SECRET): Sink {
  const { sinks } = configSchema.parse({
    metrics: { type: 'prometheus', url: 'http://127.0.0.1:9' },
    sinks: [{ type: 'webhook', name: 'hook', url, signingSecret }],
  });
  return openSink(sinks[0]!);
}

const record = SAMPLES['suspected pool saturation']();

describe('docs/webhook-sink.md', () => {
  it('shows an event as it is posted', () => {
    const shown = JSON.parse(block('json')) as ReturnType<typeof eventOf>;
    const posted = eventOf(record);
    assert.deepEqual(Object.keys(shown), Object.keys(posted));
    assert.deepEqual(Object.keys(shown.data), Object.keys(posted.data));
    for (const field of ['specversion', 'datacontenttype', 'dataschema'] as const) {
      assert.equal(shown[field], posted[field]);
    }
    const { id, runId } = { id: shown.subject, runId: shown.id.split('/').at(-2) ?? '' };
    const key = revisionKey({ ...record, id, runId, revision: shown.data.record.revision });
    assert.equal(shown.id, key);
    assert.ok(block('http').includes(`\nIdempotency-Key: ${key}\n`));
  });

  it('names the schema as the schema names itself', async () => {
    const file = new URL('../../docs/schema/incident-record.v1.json', import.meta.url);
    const schema = JSON.parse(await readFile(file, 'utf8')) as { $id: string };
    assert.equal(schema.$id, eventOf(record).dataschema);
    assert.ok(PAGE.includes(`named\n\`${schema.$id}\``));
  });

  it('tells every type of event', () => {
    const { timings } = record;
    const events = [
      { ...record, revision: 1, timings: { ...timings, closedAt: null } },
      { ...record, revision: 2, timings: { ...timings, closedAt: null } },
      { ...record, revision: 3, timings: { ...timings, closedAt: 1 } },
    ].map(eventOf);
    assert.equal(new Set(events.map(({ type }) => type)).size, 3);
    for (const { type } of events) assert.ok(PAGE.includes(`\`${type}\``), type);
  });

  it('tells of every status what becomes of the summary', () => {
    const told = new Map<number, string>();
    for (const [statuses = '', meaning = ''] of table('status')) {
      for (const [, from, to = from] of statuses.matchAll(/(\d{3})(?:-(\d{3}))?/g)) {
        for (let status = Number(from); status <= Number(to); status++) {
          if (!told.has(status)) told.set(status, meaning.split(':')[0] ?? '');
        }
      }
    }
    const words = { accepted: 'is done', later: 'tries again', refused: 'gives up' };
    for (let status = 200; status < 600; status++) {
      assert.equal(told.get(status), words[outcomeOf(status, undefined, 0).kind], String(status));
    }
  });

  it('points at parts that a record has', () => {
    const paths = table('path in `data.record`').flatMap(([cell = '']) => {
      let last: string[] = [];
      return [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => {
        const words = path.replaceAll('[]', '.0').split('.');
        last = words[0] === '' ? [...last.slice(0, -1), ...words.slice(1)] : words;
        return last;
      });
    });
    assert.ok(paths.length > 12);
    const records = Object.values(SAMPLES).map((sample) => sample());
    for (const path of paths) {
      const found = records.some((one) => valueAt(one, path) !== undefined);
      assert.ok(found, `no record has ${path.join('.')}`);
    }
  });

  describe('shows a receiver', function () {
    this.timeout(20_000);
    let directory: string;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'faultline-receiver-'));
      await writeFile(join(directory, 'receiver.mjs'), block('js'));
    });
    after(() => rm(directory, { recursive: true }));

    it('in Node.js that takes a summary once and refuses another signature', async () => {
      const port = await getPort({ host: '127.0.0.1' });
      const url = `http://127.0.0.1:${port}/`;
      const receiver = execa(process.execPath, ['receiver.mjs'], {
        cwd: directory,
        env: { ON_CALL_SECRET: SECRET, PORT: String(port) },
        reject: false,
      });
      try {
        const never = new AbortController().signal;
        const answers = (): Promise<boolean> =>
          axios.get(url, { validateStatus: null }).then(
            () => true,
            () => false,
          );
        while (receiver.exitCode === null && !(await answers())) await sleep(50);
        const delivery = { record, before: null, attempt: 1, signal: never };
        await aSink(url).post(delivery);
        await aSink(url).post(delivery);
        await assert.rejects(aSink(url, 'another secret').post(delivery), { type: 'SinkRefused' });
      } finally {
        receiver.kill();
      }
      const { stdout } = await receiver;
      const { type } = eventOf(record);
      assert.equal(stdout, `${type} ${record.id} ${record.revision}`);
    });

    it('and a check in Python that agrees', async function () {
      const { python3 } = needs(this, 'python3');
      const body = '{"text": "Grüße"}';
      const header = signature(body, SECRET, Date.now() / 1000);
      const old = signature(body, SECRET, Date.now() / 1000 - 3600);
      const asked = [
        [header, body],
        [header, `${body} `],
        [old, body],
        ['', body],
      ];
      const program = `${block('python')}
import json, sys
asked, secret = json.load(sys.stdin)
print(json.dumps([is_signed(header, body.encode(), secret) for header, body in asked]))`;
      const { stdout } = await execa(python3, ['-c', program], { input: JSON.stringify([asked, SECRET]) });
      assert.deepEqual(JSON.parse(stdout), [true, false, false, false]);
    });
  });
});
