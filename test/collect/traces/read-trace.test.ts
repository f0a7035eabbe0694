import assert from 'node:assert/strict';
import { readTrace, SpanServices } from '../../../activities/collect/traces/read-trace.js';
import type { RawSpan } from '../../../activities/collect/traces/source.js';
import type { TableSpan } from '../../../activities/collect/traces/span-table.js';
import { ServiceNames } from '../../../activities/collect/scope/service-names.js';
import { rawSpan } from '../../support/trace-source.js';

const KNOWN = ['front', 'payment', 'redis', 'orders'];

function read(spans: RawSpan[], aliases: Record<string, string[]> = {}): TableSpan[] {
  return readTrace({ traceId: '1', spans }, new SpanServices(new ServiceNames(KNOWN, aliases)));
}

/** A call that `front` makes and nothing answers. */
const call = (attributes: Record<string, string>, more: Partial<RawSpan> = {}): RawSpan =>
  rawSpan({ service: 'front', spanId: 'call', kind: 'client', name: 'call', attributes, ...more });

describe('the service of a span', () => {
  const named = (resource: Record<string, string>, aliases = {}): string =>
    read([{ ...rawSpan({ service: '' }), resource }], aliases)[0]!.service;

  it('is a known one, by what its resource says', () => {
    assert.equal(named({ 'service.name': 'payment' }), 'payment');
    assert.equal(named({ 'service.name': 'paymentservice' }), 'payment');
    assert.equal(named({ 'service.name': 'shop/payment' }), 'payment');
    assert.equal(named({ 'service.name': 'Pay' }, { payment: ['Pay'] }), 'payment');
  });

  it('is the workload where nobody named it', () => {
    const workload = { 'k8s.deployment.name': 'payment', 'k8s.namespace.name': 'shop' };
    assert.equal(named({ 'service.name': 'unknown_service:node', ...workload }), 'payment');
    assert.equal(named({}), 'unknown');
  });
});

describe('a callee that writes no spans', () => {
  const peerOf = (attributes: Record<string, string>, more: Partial<RawSpan> = {}): TableSpan | undefined =>
    read([call(attributes, more)])[1];

  it('is known by what its caller says', () => {
    for (const [attributes, service] of [
      [{ 'peer.service': 'ledger' }, 'ledger'],
      [{ 'server.address': 'payment.shop.svc.cluster.local' }, 'payment'],
      [{ 'server.address': 'api.stripe.com' }, 'api.stripe.com'],
      [{ 'server.address': '10.0.0.7', 'db.system': 'redis' }, 'redis'],
      [{ 'net.peer.name': 'orders-db', 'db.system': 'postgresql' }, 'orders-db'],
      [{ 'db.system.name': 'postgresql', 'db.namespace': 'shop' }, 'postgresql'],
      [{ 'rpc.service': 'hipstershop.PaymentService' }, 'payment'],
    ] as [Record<string, string>, string][]) {
      assert.equal(peerOf(attributes)?.service, service, JSON.stringify(attributes));
    }
    const sent = { 'messaging.system': 'kafka', 'messaging.destination.name': 'mails' };
    assert.equal(peerOf(sent, { kind: 'producer' })?.service, 'mails');
  });

  it('is nobody for an address without a name, or a span within the service', () => {
    assert.equal(peerOf({ 'server.address': '10.0.0.7' }), undefined);
    assert.equal(peerOf({ 'server.address': 'localhost' }), undefined);
    assert.equal(peerOf({ 'peer.service': 'ledger' }, { kind: 'internal' }), undefined);
    assert.equal(peerOf({ 'peer.service': 'front' }), undefined);
  });

  it('failed when it gave no answer or could not work, and not when it was asked wrongly', () => {
    const failedAt = (attributes: Record<string, string>) =>
      peerOf({ 'peer.service': 'ledger', ...attributes }, { failed: true })?.failed;
    assert.equal(failedAt({ 'otel.status_description': 'dial tcp: connection refused' }), true);
    assert.equal(failedAt({ 'http.response.status_code': '503' }), true);
    assert.equal(failedAt({ 'rpc.grpc.status_code': '14' }), true);
    assert.equal(
      failedAt({ 'otel.status_description': "OOM command not allowed when used memory > 'maxmemory'." }),
      true,
    );
    assert.equal(failedAt({ 'http.response.status_code': '422' }), null);
    assert.equal(failedAt({ 'otel.status_description': 'syntax error at or near "selct"' }), null);
    assert.equal(peerOf({ 'peer.service': 'ledger' })?.failed, false);
  });

  it('takes as long as its caller waited', () => {
    const spans = read([call({ 'peer.service': 'ledger' }, { start: 5, duration: 2 })]);
    assert.deepEqual(
      spans.map(({ parentId, start, duration }) => [parentId, start, duration]),
      [
        [null, 5, 2],
        ['call', 5, 2],
      ],
    );
  });
});

describe('the spans of a trace', () => {
  it('join a call with the answer that was not told of it', () => {
    const answer = rawSpan({ service: 'payment', spanId: 'answer', start: 1000.02, duration: 0.05 });
    const other = rawSpan({ service: 'payment', spanId: 'later', start: 1600 });
    const spans = read([call({ 'server.address': 'payment' }), answer, other]);
    assert.deepEqual(
      spans.map(({ id, parentId }) => [id, parentId]),
      [
        ['call', null],
        ['answer', 'call'],
        ['later', null],
      ],
    );
  });

  it('keep the two sides of a call apart that share an id, and a span once that came twice', () => {
    const client = rawSpan({ service: 'front', spanId: 'x', kind: 'client' });
    const server = rawSpan({ service: 'payment', spanId: 'x', kind: 'server', parentId: 'root' });
    const below = rawSpan({ service: 'payment', spanId: 'y', kind: 'internal', parentId: 'x' });
    const spans = read([client, server, below, server]);
    assert.deepEqual(
      spans.map(({ id, parentId, service }) => [id, parentId, service]),
      [
        ['x<', null, 'front'],
        ['x', 'x<', 'payment'],
        ['y', 'x', 'payment'],
      ],
    );
  });

  it('hold no secrets, no ids in paths and no endless names', () => {
    const named = (name: string): string => read([rawSpan({ service: 'front', name })])[0]!.operation;
    assert.equal(named('GET /pay?token=abc123'), 'GET /pay?token=***');
    assert.equal(named('GET https://kim:hunter2@shop.example/'), 'GET https://***@shop.example/');
    assert.equal(
      named('GET /orders/4711/items/550e8400-e29b-41d4-a716-446655440000'),
      'GET /orders/{id}/items/{id}',
    );
    assert.equal(named('GET /v2/cart'), 'GET /v2/cart');
    assert.equal(named('x'.repeat(5000)).length, 200);
    const secret = read([call({ 'peer.service': 'db?password=hunter2' })]);
    assert.ok(!JSON.stringify(secret).includes('hunter2'));
  });
});
