import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { ANOMALY_BYTES, LIMITS, NOTE } from '../../client/intake/bounds.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import type { Anomaly } from '../../model/anomaly.js';
import { postWithAlert } from '../support/alertmanager-posts.js';
import { intakeRigs, readingContext } from '../support/intake-rig.js';

const bytesOf = (one: Anomaly): number => Buffer.byteLength(JSON.stringify(one));

function readOne(alert: Record<string, unknown>, context = readingContext()): Anomaly {
  const [one] = anomaliesIn(readAlertmanager({ body: postWithAlert(alert) }), context);
  assert.ok(one);
  return one;
}

describe('the size of an anomaly', () => {
  const filled = (count: number, length: number, letter: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${letter}${i}`, letter.repeat(length)]));

  for (const [what, letter] of [
    ['ASCII', 'x'],
    ['CJK', '漢'],
    ['control characters', '\u0001'],
    ['quotes', '"'],
    ['emoji', '🔥'],
  ] as const) {
    it(`is at most 8 KiB of JSON, whatever is in it: ${what}`, () => {
      const one = readOne({
        labels: { alertname: 'Slow', service: 'checkout', ...filled(60, 1_000, letter) },
        annotations: { summary: 'p95 is high', ...filled(20, 5_000, letter) },
        generatorURL: `http://prometheus/${'x'.repeat(2_000)}`,
      });
      assert.ok(bytesOf(one) <= ANOMALY_BYTES, String(bytesOf(one)));
      assert.equal(one.service, 'checkout');
      assert.equal(one.title, 'Slow: p95 is high');
      assert.doesNotMatch(Object.values(one.labels).join(''), /\p{Cc}/u);
    });
  }

  it('costs annotations first, and is said', () => {
    const labels = { alertname: 'Slow', service: 'checkout', ...filled(10, 200, 'l') };
    const one = readOne({ labels, annotations: filled(16, 2_000, 'a') });
    assert.equal(Object.keys(one.labels).length, 12);
    assert.equal(one.labels['l3'], 'l'.repeat(200));
    assert.match(one.annotations[NOTE] ?? '', /cut to fit 8 KiB$/);
    assert.ok(one.links.length > 0);
  });

  it('holds for anything', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3_000 });
    const map = fc.dictionary(text, text, { maxKeys: 70 });
    fc.assert(
      fc.property(map, map, (labels, annotations) => {
        const one = readOne({ labels: { service: 'a', ...labels }, annotations });
        assert.ok(bytesOf(one) <= ANOMALY_BYTES);
        assert.ok(Buffer.byteLength(one.service) <= LIMITS.name);
      }),
      { numRuns: 100 },
    );
  });

  it('is cut after secrets are masked: half a token is not known as one', () => {
    const token = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(2_000)}.c2ln`;
    const one = readOne({
      labels: { service: 'a', header: token },
      annotations: { log: `${'x'.repeat(2_030)} ${token}` },
    });
    assert.equal(one.labels['header'], '***');
    assert.ok(!JSON.stringify(one).includes('eyJ'));
  });
});

describe('the environments of alerts', () => {
  const rig = intakeRigs();
  const inEnvironment = (env: string) => readOne.bind(null, { labels: { service: 'a', env } });

  it('are at most fifty that alerts name, and the rest go to the default with a note', () => {
    const context = readingContext();
    const kept = Array.from({ length: 60 }, (_, i) => inEnvironment(`env-${i}`)(context));
    assert.equal(new Set(kept.map(({ environment }) => environment)).size, 51);
    const [last] = kept.slice(-1);
    assert.equal(last?.environment, 'fallback');
    assert.match(last.annotations[NOTE] ?? '', /the environment 'env-59' is one more than the 50/);
    assert.equal(inEnvironment('env-3')(context).environment, 'env-3');
  });

  it('are those of the settings where they name them', () => {
    const context = readingContext({}, { triage: { environments: ['prod'] } });
    assert.equal(inEnvironment('prod')(context).environment, 'prod');
    const other = inEnvironment('made-up')(context);
    assert.equal(other.environment, 'fallback');
    assert.match(other.annotations[NOTE] ?? '', /none of triage\.environments/);
  });

  it('stay few whatever one post names', async () => {
    const { post, raised, metrics } = await rig({});
    const alerts = Array.from({ length: 2_000 }, (_, i) => ({
      ...postWithAlert({}).alerts[0],
      labels: { service: 'a', env: `env-${i}` },
    }));
    assert.equal((await post('/v1/alertmanager', { ...postWithAlert({}), alerts })).status, 202);
    assert.equal(new Set(raised.map(({ environment }) => environment)).size, 51);
    assert.match(await metrics(), /adjusted_total\{source="alertmanager",what="environment"\} 1950$/m);
  });
});
