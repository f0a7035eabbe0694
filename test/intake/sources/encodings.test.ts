import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { fixture, intakeRigs } from '../../support/intake-rig.js';

/** Bodies in other encodings than JSON's own. */
describe('encodings of posts', () => {
  const rig = intakeRigs();
  const body = fixture('opsgenie/create').replace('Latency of checkout is high', 'Größe von checkout: 📈');
  const bytes = Buffer.from(body, 'utf8');

  const table: [what: string, payload: Buffer, headers: Record<string, string>, status: number][] = [
    ['UTF-8', bytes, {}, 202],
    ['UTF-8 that is named', bytes, { 'content-type': 'application/json; charset=UTF-8' }, 202],
    ['UTF-8 with a mark in front', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]), {}, 202],
    ['Latin-1', Buffer.from(body.replace('📈', ''), 'latin1'), {}, 202],
    ['UTF-16', Buffer.from(body, 'utf16le'), {}, 400],
    ['gzip', gzipSync(bytes), { 'content-encoding': 'gzip' }, 202],
    ['gzip that is none', bytes, { 'content-encoding': 'gzip' }, 400],
    [
      'gzip that unpacks to far more',
      gzipSync(Buffer.alloc(20_000_000, 32)),
      { 'content-encoding': 'gzip' },
      413,
    ],
    ['another compression', bytes, { 'content-encoding': 'br' }, 415],
    ['bytes cut off in a character', bytes.subarray(0, bytes.indexOf('📈') + 2), {}, 400],
    ['nothing but zeros', Buffer.alloc(1_000), {}, 400],
    ['no media type', bytes, { 'content-type': '' }, 415],
    ['a media type that is none', bytes, { 'content-type': 'json' }, 415],
  ];
  for (const [what, payload, headers, status] of table) {
    it(`are answered ${status} for ${what}`, async () => {
      const { post, raised } = await rig({ sources: { opsgenie: {} } });
      const answer = await post('/v1/opsgenie', payload, headers);
      assert.equal(answer.status, status, answer.detail);
      assert.equal(raised.length, status === 202 ? 1 : 0);
      for (const { title } of raised) assert.match(title, /^Gr.+e von checkout/);
    });
  }

  it('as bytes of a CloudEvent are read as its data', async () => {
    const { post, raised } = await rig({ sources: { cloudevents: {} } });
    const event = { specversion: '1.0', id: '1', source: '/a', type: 't' };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const inBase64 = (text: string) => ({ ...event, data_base64: Buffer.from(text).toString('base64') });
    const taken = await post('/v1/cloudevents', inBase64('{"title":"Größe"}'), headers);
    assert.equal(taken.status, 202, taken.detail);
    assert.deepEqual(
      raised.map(({ title }) => title),
      ['Größe'],
    );
    assert.equal((await post('/v1/cloudevents', inBase64('no json'), headers)).status, 400);
  });

  it('in headers of CloudEvents are decoded once, and harmless when they are broken', async () => {
    const { post, raised } = await rig({ sources: { cloudevents: {} } });
    const data = { title: 'x' };
    const attributes = { 'ce-id': '1', 'ce-source': '/a', 'ce-type': 't', 'ce-specversion': '1.0' };
    await post('/v1/cloudevents', data, { ...attributes, 'ce-subject': 'Gr%C3%B6%C3%9Fe%2525' });
    await post('/v1/cloudevents', data, { ...attributes, 'ce-subject': '%E0%A4%A' });
    assert.deepEqual(
      raised.map(({ labels }) => labels['event_subject']),
      ['Größe%25', '%E0%A4%A'],
    );
  });
});
