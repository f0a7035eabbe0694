import assert from 'node:assert/strict';
import { openLogSource } from '../../activities/collect/logs/open.js';
import { identityOf } from '../../activities/collect/logs/writers.js';
import { ALERT_TIME, collectedLogs, kindsIn } from './logs.js';
import { NO_LIMITS, testConfig } from './scopes.js';

/** Lines of the kind that fit the pattern: before the alert, and since. */
function countsOf(kinds: string[], pattern: RegExp): [before: number, since: number] {
  const counts = kinds
    .filter((kind) => pattern.test(kind))
    .map((kind) => /: (\d+), (\d+)$/u.exec(kind)!.slice(1).map(Number));
  return [counts.reduce((sum, [a]) => sum + a!, 0), counts.reduce((sum, [, b]) => sum + b!, 0)];
}

/** What any store that holds `shopLines` must tell, counted or by a sample: what is new, what is gone, and by whom. */
export async function expectShopLogs(source: { name: string } & Record<string, unknown>): Promise<void> {
  const { table, gaps } = await collectedLogs(source, ['cart', 'stock', 'nothing']);
  const kinds = kindsIn(table);
  const told = `\n${kinds.join('\n')}`;
  assert.deepEqual(countsOf(kinds, /^cart error .*reservation .*refused by stock/u), [0, 75], told);
  assert.deepEqual(countsOf(kinds, /^stock error .*OutOfMemoryError/u), [0, 4], told);
  const [before, since] = countsOf(kinds, /^cart info .*reserved/u);
  assert.ok(before > 400 && since === 0, told);
  // All lines of a service are counted, whatever their kind.
  assert.deepEqual(countsOf(kinds, /^cart /u), [1_800 + 720, 150 + 75], told);
  assert.deepEqual(countsOf(kinds, /^stock /u), [360, 30 + 4], told);
  assert.deepEqual([...new Set(table.kinds.map(({ service }) => service))].sort(), ['cart', 'stock'], told);
  const failed = table.kinds.find(({ template }) => template.includes('refused by stock'))!;
  assert.match(failed.example, /^reservation 0 failed .*dial tcp 10\.0\.0\.0:8080/u);
  assert.doesNotMatch(JSON.stringify(table.kinds), /planted-\d/u);
  assert.ok(table.time.every((time) => time >= ALERT_TIME - 3_600));
  await expectCounts(source);
  const unknown = gaps.filter(({ what }) => what === 'logs of nothing');
  assert.equal(unknown.length, 1, JSON.stringify(gaps));
}

/** What the doctor asks: the lines of everybody in a quarter of an hour of the calm. */
async function expectCounts(source: { name: string }): Promise<void> {
  const opened = openLogSource(testConfig({ logs: [source] }), source.name);
  const counted = await opened.count({ from: ALERT_TIME - 900, until: ALERT_TIME }, NO_LIMITS);
  opened.close();
  const services: Record<string, number> = {};
  for (const { labels, lines } of counted) {
    const name = identityOf(labels)?.identity.name ?? 'nobody';
    services[name] = (services[name] ?? 0) + lines;
  }
  assert.deepEqual(services, { cart: 450 + 180, stock: 90, mailer: 15 });
}
