import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { readRunbooks, runbooksFor } from '../../activities/runbooks/read-runbooks.js';
import { withRunbooks } from '../../activities/runbooks/with-runbooks.js';
import { diagnosis as diagnosisSchema } from '../../model/diagnosis.js';
import { renderMarkdown } from '../../report/markdown.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { SAMPLES } from '../support/records.js';
import { scopeOf } from '../support/scopes.js';

const page = (head: string, body = ''): string => `---\n${head}\n---\n${body}`;
const silent = pino({ level: 'silent' });

describe('runbooks', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'faultline-runbooks-'))));
  afterEach(() => rm(folder, { recursive: true }));
  const write = (files: Record<string, string>) =>
    Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));

  const verdict = { ...aDiagnosis().verdict, service: 'payment', faultKind: 'pool-saturation' as const };

  it('fit by kind and service, those for both first, three at most', async () => {
    await write({
      'a-kind.md': page('title: By kind\nkinds: [pool-saturation]'),
      'b-service.md': page('title: By service\nservices: [payment]'),
      'c-both.md': page('title: By both\nkinds: [pool-saturation, memory]\nservices: [shop/payment, cart]'),
      'd-other-kind.md': page('title: Another kind\nkinds: [disk]\nservices: [payment]'),
      'e-other-service.md': page('title: Another service\nkinds: [pool-saturation]\nservices: [cart]'),
      'f-kind.md': page('title: By kind too\nkinds: [pool-saturation]'),
      'notes.txt': 'no runbook',
    });
    const { runbooks, bad } = await readRunbooks(folder);
    assert.deepEqual(bad, []);
    const titles = runbooksFor({ verdict }, runbooks).map(({ title }) => title);
    assert.deepEqual(titles, ['By both', 'By service', 'By kind']);
    assert.deepEqual(runbooksFor({ verdict: { ...verdict, service: null } }, runbooks), []);
  });

  it('show the first steps, cut and masked', async () => {
    const steps = Array.from({ length: 14 }, (_, i) => `${i + 1}. Step ${i + 1}`);
    steps[1] = '2. psql postgres://admin:hunter2@orders-db/orders';
    steps[2] = `3. ${'x'.repeat(500)}`;
    await write({
      'a.md': page('title: Steps\nkinds: [memory]', `# Head\n\nText.\n\n${steps.join('\n')}\n`),
    });
    const read = (await readRunbooks(folder)).runbooks[0]!.steps;
    assert.equal(read.length, 10);
    assert.equal(read[0], 'Step 1');
    assert.ok(!read.join().includes('hunter2'), read[1]);
    assert.equal(Array.from(read[2]!).length, 200);
  });

  it('that cannot be used say which field is wrong, and keep no other from being shown', async () => {
    await write({
      'a.md': 'no front matter',
      'b.md': page('title: No reason\n'),
      'c.md': page('title: Magic\nkinds: [magic]'),
      'd.md': page('kinds: [memory]'),
      'e.md': page('title: Long\nkinds: [memory]', 'x'.repeat(70_000)),
      'f.md': page('title: Good\nkinds: [memory]'),
    });
    const { runbooks, bad } = await readRunbooks(folder);
    assert.deepEqual(
      runbooks.map(({ title }) => title),
      ['Good'],
    );
    const reasons = [
      /front matter/,
      /expected kinds or services/,
      /^kinds: 0: /,
      /^title: /,
      /at most 64 KiB/,
    ];
    assert.equal(bad.length, reasons.length);
    bad.forEach(({ reason }, i) => assert.match(reason, reasons[i]!));
  });

  it('are a part of what is concluded; a folder that cannot be read is a gap', async () => {
    await write({ 'a.md': page('title: Pools\nkinds: [pool-saturation]', '- Look at the pool') });
    const concluded = { ...aDiagnosis(), verdict };
    const analyse = () => Promise.resolve(concluded);
    const input = { scope: scopeOf(['payment'], []), evidence: [], changes: [], checks: [], gaps: [] };
    const shown = await withRunbooks(analyse, folder, silent)(input);
    assert.deepEqual(shown.runbooks, [{ title: 'Pools', file: 'a.md', steps: ['Look at the pool'] }]);
    diagnosisSchema.parse(shown);
    const lost = await withRunbooks(analyse, join(folder, 'nowhere'), silent)(input);
    assert.deepEqual(
      lost.gaps.map(({ source }) => source),
      [...concluded.gaps.map(({ source }) => source), 'runbooks'],
    );
    assert.equal(withRunbooks(analyse, undefined, silent), analyse);
  });

  it('and the check that decided are in the summary, as text whatever they hold', () => {
    const record = SAMPLES['confirmed bad deploy']();
    record.diagnosis!.runbooks = [
      { title: '<b>Pools</b>', file: 'pools.md', steps: ['[press](http://evil)', 'wait'] },
    ];
    record.diagnosis!.decidedBy = {
      service: 'payment',
      statement: 'Check db locks of payment failed: 3 wait',
    };
    const markdown = renderMarkdown(record);
    assert.match(markdown, /Decided by: Check db locks of payment failed: 3 wait/);
    assert.match(markdown, /Runbook: .*Pools.* \(pools\.md\):/);
    assert.doesNotMatch(markdown, /(?<!\\)<b>|(?<!\\)\[press/u);
  });
});
