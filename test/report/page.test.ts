import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import type { IncidentRecord } from '../../model/incident.js';
import { buildDocument } from '../../report/build.js';
import { plain, type Block, type Text } from '../../report/document.js';
import { noEvidence } from '../../report/page/evidence.js';
import { renderPage } from '../../report/page/page.js';
import { evidenceFor } from '../support/page-evidence.js';
import { hostileRecord, SECRETS } from '../support/hostile-record.js';
import { SAMPLES } from '../support/records.js';

const everySample = Object.entries(SAMPLES);

function pageOf(record: IncidentRecord): string {
  return renderPage(record, evidenceFor(record));
}

const parse = (html: string): Document => parseHTML(html).document;

/** Words as they are compared: without the difference between an arrow and its two characters. */
const words = (text: string): string =>
  text
    .replaceAll('→', '->')
    .replace(/[\s\u00a0]+/g, ' ')
    .trim();

/** Every text that a block says. */
function textsOf(block: Block): Text[] {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return [block.text];
    case 'facts':
      return block.rows.map(([, value]) => value);
    case 'list':
      return [...block.items];
    case 'steps':
      return block.steps.flatMap(({ words: said, command }) => [
        said,
        ...(command === null ? [] : [[command]]),
      ]);
    case 'table':
      return block.rows.flat();
    case 'flow':
      return block.steps.map(({ label }) => [label]);
    case 'queries':
      return block.queries.flatMap(({ about, query }) => [about, [query]]);
  }
}

describe('the page of an incident', () => {
  for (const [name, sample] of everySample) {
    it(`says all that the other renderings say: ${name}`, () => {
      const record = sample();
      const { sections, title } = buildDocument(record);
      const body = words(parse(pageOf(record)).body.textContent);
      const missing = sections
        .filter(({ forPeople }) => !forPeople)
        .flatMap(({ title: heading, blocks }) => [
          ...(heading === 'Summary' ? [] : [heading]),
          ...blocks.flatMap(textsOf).map(plain),
        ])
        .filter((said) => !body.includes(words(said)));
      assert.deepEqual(missing, []);
      assert.equal(parse(pageOf(record)).title, title);
    });
  }

  it('has a plot of every series that the record names, with its unit, its query and what it did', () => {
    const record = SAMPLES['suspected pool saturation']();
    const figures = [...parse(pageOf(record)).querySelectorAll('figure.plot')];
    const said = figures.map((figure) => words(figure.textContent));
    assert.equal(figures.length, 4);
    assert.match(said[0]!, /latency p95 180 ms -> 1\.9 s \(x11\) from 10:40:50 UTC ± 15 s \(T\+0\)/);
    assert.ok(
      said.some((text) =>
        text.includes('sum(db_client_connection_count{service_name="payment",state="used"})'),
      ),
    );
    for (const figure of figures) {
      assert.match(figure.querySelector('summary')!.textContent, /from prometheus, unit \w+/);
      const chart = figure.querySelector('svg.chart')!;
      assert.match(chart.getAttribute('aria-label')!, /^Plot: .* -> /);
      const line = chart.querySelector('[stroke="var(--line)"] path')!.getAttribute('d')!;
      assert.ok(line.split('M').length >= 3, 'a gap breaks it');
    }
  });

  it('marks the change that the verdict names on every plot', () => {
    const page = parse(pageOf(SAMPLES['confirmed bad deploy']()));
    const charts = [...page.querySelectorAll('svg.chart')];
    assert.ok(charts.length >= 2);
    for (const chart of charts) assert.ok(chart.querySelector('[stroke="var(--change)"] line'));
  });

  it('says why there are no plots, and tells everything else', () => {
    const html = renderPage(
      SAMPLES['confirmed bad deploy'](),
      noEvidence('the stored evidence was cleaned up'),
    );
    const page = parse(html);
    assert.match(
      page.querySelector('.notice')!.textContent,
      /^No plots: the stored evidence was cleaned up\. Run faultline report incident/,
    );
    assert.match(page.body.textContent, /kubectl rollout undo deployment\/payment/);
  });

  it('ranks the suspects with what speaks for and against each', () => {
    const page = parse(pageOf(SAMPLES['suspected pool saturation']()));
    const [first] = page.querySelectorAll('table.hypotheses tbody tr');
    assert.match(words(first!.textContent), /^1paymentpool saturation78 %latency p95 of payment rose/);
    assert.match(first!.textContent, /No request of payment waits/);
  });

  it('tells cause, first failure and impact with the time between them', () => {
    const page = parse(pageOf(SAMPLES['confirmed bad deploy']()));
    const scenes = [...page.querySelectorAll('.story li')].map((scene) => words(scene.textContent));
    assert.equal(scenes.length, 3);
    assert.match(scenes[0]!, /^Root cause.*payment \(96 %\).*v812.*code change.*10:36:05 UTC \(T-4m45s\)/);
    assert.match(scenes[1]!, /^45 s later.*payment.*error ratio 0\.1 % -> 14 %/);
    assert.match(scenes[2]!, /^4 min later.*checkout/);
  });

  it('names the digests of its style and its script, and allows nothing else', () => {
    const page = parse(pageOf(SAMPLES.resolved()));
    const policy = page.querySelector('meta[http-equiv]')!.getAttribute('content')!;
    assert.match(policy, /^default-src 'none'; /);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    for (const kind of ['style', 'script']) {
      const elements = [...page.querySelectorAll(kind)];
      assert.equal(elements.length, 1);
      const digest = createHash('sha256').update(elements[0]!.textContent).digest('base64');
      assert.ok(policy.includes(`${kind}-src 'sha256-${digest}'`), kind);
    }
    assert.equal(page.querySelectorAll('[style]').length, 0);
  });

  it('is the same every time', () => {
    for (const [, sample] of everySample) assert.equal(pageOf(sample()), pageOf(sample()));
  });

  it('holds the whole record for programs, without secrets', () => {
    const record = hostileRecord(SAMPLES['suspected pool saturation']());
    const link = parse(pageOf(record)).querySelector('a[download]')!;
    assert.equal(link.getAttribute('download'), 'checkout-20261124-1042-0a1b2c.json');
    const [, data = ''] = link.getAttribute('href')!.split('base64,');
    const json = Buffer.from(data, 'base64').toString();
    assert.equal((JSON.parse(json) as IncidentRecord).id, record.id);
    for (const secret of SECRETS) assert.ok(!json.includes(secret), secret);
  });

  it('stays below a megabyte with as many plots as it may have', () => {
    for (const [name, sample] of everySample) {
      assert.ok(Buffer.byteLength(pageOf(sample())) < 1_000_000, name);
    }
  });
});

describe('hostile text on the page', () => {
  for (const [name, sample] of everySample) {
    it(`stays text, shows no secret and asks for nothing: ${name}`, () => {
      const html = pageOf(hostileRecord(sample()));
      const page = parse(html);
      assert.equal(page.querySelectorAll('script').length, 1);
      assert.equal(page.querySelectorAll('img, iframe, object, embed, form, input, base').length, 0);
      const attributes = [...page.querySelectorAll('*')].flatMap((element) => [...element.attributes]);
      assert.deepEqual(
        attributes.filter(({ name: attribute }) => attribute.startsWith('on')),
        [],
      );
      const targets = attributes.filter(({ name: attribute }) =>
        /^(?:href|src|xlink:href|action)$/.test(attribute),
      );
      for (const { value } of targets)
        assert.match(value, /^(?:#|https?:\/\/|data:,$|data:application\/json;base64,)/);
      for (const secret of SECRETS) assert.ok(!html.includes(secret), `${secret} is shown`);
      const shown = page.body.textContent;
      assert.doesNotMatch(
        shown,
        /(?!\n)\p{Cc}|[\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u,
      );
    });
  }
});
