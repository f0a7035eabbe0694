import assert from 'node:assert/strict';
import { loadPacks, surveyEstate, type Survey } from '../../activities/collect/index.js';
import { readEstates } from '../../bench/estates/estate.js';
import { withEstate } from '../../bench/estates/examine.js';
import { adviceFor, renderSurvey } from '../../workers/discover/render.js';
import { needs } from '../support/needs.js';
import { testConfig } from '../support/scopes.js';

/** What `faultline discover` finds in an estate that a real Prometheus holds, and what its queries give again. */
async function discovered(name: string): Promise<{ survey: Survey; unanswered: string[] }> {
  const [estate] = await readEstates([name]);
  return withEstate(estate!, async (source, { end }) => {
    const survey = await surveyEstate({ source, packs: await loadPacks(), config: testConfig() }, end);
    const queries = survey.services.flatMap(({ signals }) => signals.map(({ query }) => query));
    const unanswered = [];
    for (const query of queries)
      if ((await source.instant(query, end)).series.length === 0) unanswered.push(query);
    return { survey, unanswered };
  });
}

describe('faultline discover', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'prometheus');
  });

  it('names the signals of each service with pack and query, the calls, and which faults could be told', async () => {
    const { survey, unanswered } = await discovered('spring-job-per-service');
    assert.deepEqual(unanswered, []);
    const orders = survey.services.find(({ name }) => name === 'orders-service')!;
    const latency = orders.signals.find(({ name }) => name === 'latency mean')!;
    assert.equal(latency.pack, 'micrometer');
    assert.match(latency.query, /http_server_requests_seconds_sum\{application="orders-service"\}/);
    assert.deepEqual([orders.calls, orders.calledBy], [['payment-service'], ['frontend-service']]);
    assert.deepEqual(orders.faults, {
      told: ['cpu', 'memory', 'network', 'dependency-down', 'traffic-surge', 'pool-saturation'],
      untold: ['disk'],
    });
    assert.deepEqual(adviceFor(orders), []);
    const text = renderSurvey(survey);
    assert.match(text, /^3 services, 2 calls, read by micrometer, /);
    assert.match(text, /\n {2}frontend-service -> orders-service \(pack micrometer\)\n/);
  });

  it('says what is missing, a line each with what to add', async () => {
    const { survey } = await discovered('spanmetrics-plain');
    const [service] = survey.services;
    assert.deepEqual(
      adviceFor(service!).map((line) => line.split(';')[0]),
      ['no calls', 'no CPU or memory'],
    );
    assert.deepEqual(service!.faults.told, ['traffic-surge']);
    assert.match(renderSurvey(survey), /\nCalls: none is known$/);
  });

  it('says so when nothing is there', () => {
    const text = renderSurvey({ packs: [], sources: [], services: [], calls: [], labels: [], gaps: [] });
    assert.match(text, /^Nothing that a pack knows is there/);
  });
});
