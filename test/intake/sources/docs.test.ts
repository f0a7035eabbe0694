import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { parse } from 'yaml';
import { datadogPayload } from '../../../client/intake/datadog/schema.js';
import { openSources } from '../../../client/intake/sources.js';
import { configSchema } from '../../../config/schema.js';
import { intakeRigs } from '../../support/intake-rig.js';
import { docsPage, SPECS } from '../../support/source-specs.js';

const PAGES = readdirSync(new URL('../../../docs/sources/', import.meta.url)).sort();

function blockOf(page: string, language: string): string {
  const [, block = ''] =
    new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(docsPage(`sources/${page}`)) ?? [];
  assert.notEqual(block, '', `${page} shows no ${language}`);
  return block;
}

describe('the pages on sources', () => {
  const rig = intakeRigs();

  it('are as many as there are sources, and the list names each path', () => {
    const settings = Object.assign(
      {},
      ...SPECS.map((spec) => spec.settings),
    ) as (typeof SPECS)[0]['settings'];
    const { webhook } = configSchema.parse({
      metrics: { type: 'prometheus', url: 'http://prometheus' },
      webhook: { sources: settings },
    });
    const paths = openSources(webhook).map(({ name, path = name }) => path);
    const list = docsPage('sources/README.md');
    for (const path of paths) {
      const shown = path.startsWith('generic/') ? 'generic/<name>' : path;
      assert.ok(list.includes(`\`/v1/${shown}\``), path);
    }
    const pages = PAGES.filter((page) => page !== 'README.md');
    assert.equal(pages.length, paths.length - 1);
    for (const page of pages) assert.ok(list.includes(`](${page})`), page);
  });

  it('show the template of Datadog with every field that is read', () => {
    const template = JSON.parse(blockOf('datadog.md', 'json')) as Record<string, string>;
    assert.deepEqual(Object.keys(template).sort(), Object.keys(datadogPayload.shape).sort());
    for (const variable of Object.values(template)) assert.match(variable, /^\$[A-Z_]+$/);
  });

  it('show a mapping that reads the post beside it', async () => {
    const { webhook } = parse(blockOf('generic.md', 'yaml')) as { webhook: object };
    const { post, raised } = await rig(webhook);
    const headers = { 'x-faultline-token': '${UPTIME_TOKEN}' };
    assert.equal((await post('/v1/generic/uptime', blockOf('generic.md', 'json'), headers)).status, 202);
    assert.equal(raised[0]?.title, 'Checkout is up: connect timeout');
    assert.equal(raised[0].service, 'checkout');
    assert.equal(raised[0].startedAt, 1_795_516_900);
  });

  it('show a CloudEvent that is taken', async () => {
    const { post, raised } = await rig({ sources: { cloudevents: {} } });
    const [, body = ''] = /-d '(\{.*?\})'/s.exec(blockOf('cloudevents.md', 'sh')) ?? [];
    const headers = { 'content-type': 'application/cloudevents+json' };
    assert.equal((await post('/v1/cloudevents', body, headers)).status, 202);
    assert.equal(raised[0]?.symptom, 'latency');
  });
});
