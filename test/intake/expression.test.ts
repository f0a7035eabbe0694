import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { symptomOfExpression } from '../../client/intake/expression.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { symptomIn } from '../../client/intake/words.js';
import type { SymptomKind } from '../../model/anomaly.js';
import { postWithAlert } from '../support/alertmanager-posts.js';
import { readingContext } from '../support/intake-rig.js';

interface Collection {
  collection: string;
  rules: [symptom: SymptomKind, alert: string, expression: string][];
}

const COLLECTIONS = parse(
  await readFile(new URL('../fixtures/alert-rules/rules.yml', import.meta.url), 'utf8'),
) as Collection[];

describe('the symptom of an alert by its expression', () => {
  for (const { collection, rules } of COLLECTIONS) {
    it(`is read of rules of ${collection} (${rules.length})`, () => {
      const read = rules.map(([, alert, expression]) => [
        alert,
        symptomOfExpression(expression) ?? symptomIn([alert]),
      ]);
      assert.deepEqual(
        read,
        rules.map(([symptom, alert]) => [alert, symptom]),
      );
    });
  }

  it('is told of more than a hundred rules', () => {
    assert.ok(COLLECTIONS.flatMap(({ rules }) => rules).length >= 130);
  });

  const SILENT = [
    '',
    '   ',
    'no ( promql',
    'sum(rate(',
    '{job="x"} |= "error" | logfmt',
    `${'('.repeat(3000)}up`,
  ];
  for (const text of [...SILENT, undefined, `up == ${'0'.repeat(5000)}`]) {
    it(`is not told by ${JSON.stringify(text?.slice(0, 30))}`, () => {
      assert.equal(symptomOfExpression(text), null);
    });
  }

  it('is read of deeply nested expressions in no time', () => {
    const before = Date.now();
    assert.equal(symptomOfExpression(`${'('.repeat(1900)}up == 0${')'.repeat(1900)}`), 'availability');
    assert.equal(symptomOfExpression(`up${' + up'.repeat(300)} == 0`), 'availability');
    assert.ok(Date.now() - before < 2000, `it took ${Date.now() - before} ms`);
  });

  const LINKS = {
    Prometheus: 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
    VictoriaMetrics: 'http://vmselect:8481/vmui/#/?g0.expr=up%20%3D%3D%200&g0.range_input=30m',
    'the ruler of Mimir': `http://grafana/explore?left=${encodeURIComponent('{"datasource":"mimir","queries":[{"expr":"up == 0","refId":"A"}]}')}`,
  };
  for (const [who, generatorURL] of Object.entries(LINKS)) {
    it(`goes before the words of the name, by the link of ${who}`, () => {
      const labels = { alertname: 'SlowCheckout', service: 'checkout' };
      const [one] = anomaliesIn(
        readAlertmanager({ body: postWithAlert({ labels, generatorURL }) }),
        readingContext(),
      );
      assert.equal(one?.symptom, 'availability');
    });
  }

  for (const generatorURL of [
    'not a link',
    'http://grafana/explore?left=no',
    'http://x/?left={"queries":[]}',
  ]) {
    it(`leaves it to the words of the name where the link is ${generatorURL}`, () => {
      const labels = { alertname: 'SlowCheckout', service: 'checkout' };
      const [one] = anomaliesIn(
        readAlertmanager({ body: postWithAlert({ labels, generatorURL }) }),
        readingContext(),
      );
      assert.equal(one?.symptom, 'latency');
    });
  }
});
