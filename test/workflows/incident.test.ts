import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import type { IncidentMessage } from '../../model/delivery.js';
import { MOST_RECORD_BYTES, withinBudget } from '../../workflows/incident/budget.js';
import { reduce, type IncidentEvent } from '../../workflows/incident/incident.js';
import {
  digestOf,
  isResolved,
  newIncident,
  recordOf,
  type Incident,
} from '../../workflows/incident/state.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { aDiagnosis } from '../support/diagnoses.js';

type Body = IncidentMessage['body'];

const opened = newIncident({ id: 'incident/a', runId: 'run', environment: 'production', at: T0 });
const after = (incident: Incident, ...events: IncidentEvent[]): Incident => events.reduce(reduce, incident);
const message = (id: string, body: Body): IncidentEvent => ({
  kind: 'message',
  message: { id, body },
  at: T0,
});
const firing = (anomalies: Anomaly[], id = 'm1') => message(id, { kind: 'firing', anomalies });
const resolved = (anomalies: Anomaly[], id: string) => message(id, { kind: 'resolved', anomalies });
const transfer = (service: string | null, id = 'order') =>
  message(id, { kind: 'transfer', to: 'incident/b', service, by: 'ana' });
const alertsOf = (count: number, service: string): Anomaly[] =>
  Array.from({ length: count }, (_, i) => anAnomaly({ fingerprint: `${service}-${i}`, service }));

/** Delivers everything that the first transfer holds, to a receiver that applies it. */
function deliverAll(giver: Incident, receiver: Incident): [Incident, Incident] {
  const [order] = giver.transfers;
  assert.ok(order);
  const messages = order.items.map((item) => item.message);
  const ids = messages.map(({ id }) => id);
  return [
    reduce(giver, { kind: 'delivered', transfer: order.id, ids, at: T0 + 5 }),
    after(receiver, ...messages.map(({ id, body }) => message(id, body))),
  ];
}

const other = newIncident({ id: 'incident/b', runId: 'run', environment: 'production', at: T0 });

describe('the incident as a reducer', () => {
  it('gives all alerts of a service away, also those that are only counted, and keeps them until they are there', () => {
    const both = [...alertsOf(80, 'cart'), ...alertsOf(40, 'payment')];
    const ordered = after(opened, firing(both), transfer('cart'));
    assert.deepEqual(totals(ordered), { firing: 120, resolved: 0 }, 'nothing leaves before it has arrived');

    const [giver, receiver] = deliverAll(ordered, other);
    assert.deepEqual(totals(giver), { firing: 40, resolved: 0 });
    assert.deepEqual(totals(receiver), { firing: 80, resolved: 0 });
    assert.equal(giver.endingAs, null);
    assert.deepEqual(
      receiver.unconfirmedTransfers,
      ordered.transfers[0]?.items.map((item) => item.message.id),
    );
    assert.ok(recordOf(giver).timeline.some(({ what }) => what === 'cart given to incident/b by ana'));
    // Their ends go to the other incident, and end it.
    assert.equal(isResolved(after(receiver, resolved(alertsOf(80, 'cart'), 'ends'))), true);
  });

  it('ends as merged when nothing is left, keeps its alerts for its report, and sends on what still comes', () => {
    const [giver, receiver] = deliverAll(after(opened, firing(alertsOf(60, 'cart')), transfer(null)), other);
    assert.equal(giver.endingAs, 'merged');
    assert.equal(recordOf(giver).anomalies.length, 50);
    const late = anAnomaly({ fingerprint: 'late' });
    const ended = after(giver, { kind: 'closed', as: 'merged', at: T0 + 9 }, firing([late], 'm2'));
    assert.equal(ended.hasFreshAlerts, false);
    const [, withLate] = deliverAll(ended, receiver);
    assert.deepEqual(totals(withLate), { firing: 61, resolved: 0 });
  });

  it('sends on what comes about alerts that are on their way', () => {
    const ordered = after(opened, firing(alertsOf(60, 'cart')), transfer('cart'));
    const meanwhile = after(
      ordered,
      resolved(alertsOf(60, 'cart').slice(0, 55), 'm2'),
      firing([anAnomaly({ fingerprint: 'new', service: 'cart' })], 'm3'),
    );
    const [giver, receiver] = deliverAll(meanwhile, other);
    assert.deepEqual(totals(receiver), { firing: 6, resolved: 55 });
    assert.equal(giver.endingAs, 'merged');
  });

  it('keeps its alerts and says why when they could not be given away', () => {
    const failed = after(opened, firing(alertsOf(3, 'cart')), transfer(null), {
      kind: 'transfer-failed',
      transfer: 'order',
      why: 'Temporal refused it',
      at: T0 + 5,
    });
    assert.deepEqual(totals(failed), { firing: 3, resolved: 0 });
    assert.equal(failed.endingAs, null);
    assert.match(recordOf(failed).timeline.at(-1)?.what ?? '', /could not be given to incident\/b: Temporal/);
  });

  it('takes no alert of a service that it does not have for all of its alerts', () => {
    const asked = after(opened, firing(alertsOf(2, 'cart')), transfer('payment'));
    assert.deepEqual([asked.transfers, asked.endingAs], [[], null]);
  });

  it('applies the end of an alert that comes before the alert does', () => {
    const [one] = alertsOf(1, 'cart');
    assert.ok(one);
    const early = after(opened, firing([anAnomaly()]), resolved([one], 'm2'));
    const arrived = message('m3', {
      kind: 'transferred',
      ...{ from: 'incident/c', by: 'ana', anomalies: [one], counted: {} },
    });
    assert.deepEqual(totals(after(early, arrived)), { firing: 1, resolved: 1 });
  });

  it('loses no alert, whatever is given when', () => {
    const step = fc.record({
      fingerprint: fc.integer({ min: 0, max: 90 }),
      kind: fc.constantFrom('firing', 'firing', 'resolved', 'transfer', 'again' as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        let giver = after(opened, firing([anAnomaly({ fingerprint: 'opening', service: 'opening' })], 'o'));
        let receiver = other;
        const burning = new Set<string>();
        const over = new Set<string>();
        steps.forEach(({ fingerprint, kind }, i) => {
          const id = `${fingerprint}`;
          const anomaly = anAnomaly({ fingerprint: id, service: ['cart', 'payment'][fingerprint % 2] ?? '' });
          if (kind === 'firing' || (kind === 'resolved' && burning.has(id))) {
            giver = after(
              giver,
              message(`s${i}`, { kind: kind === 'firing' ? 'firing' : 'resolved', anomalies: [anomaly] }),
            );
            if (kind === 'firing' && !over.has(id)) burning.add(id);
            if (kind === 'resolved') [burning.delete(id), over.add(id)];
          } else if (kind === 'transfer' && giver.transfers.length === 0) {
            giver = after(giver, transfer('cart', `t${i}`));
            if (giver.transfers.length > 0) [giver, receiver] = deliverAll(giver, receiver);
          } else if (kind === 'again') {
            giver = JSON.parse(JSON.stringify(giver)) as Incident;
          }
        });
        // What triage sends to the wrong one of the two is known there, or counted once more at most.
        const all = totals(giver).firing + totals(receiver).firing;
        assert.ok(all >= burning.size + 1, `${all} of ${burning.size + 1} alerts fire`);
      }),
      { numRuns: 60 },
    );
  });

  it('decides on a revision by stable facts: not by the wording of gaps, nor by one service more', () => {
    const with_ = (gap: string, radius: number, failedSteps: string[] = []): string =>
      digestOf(
        reduce(opened, {
          kind: 'investigated',
          at: T0,
          findings: {
            gaps: [{ source: 'prometheus', what: gap, reason: `no answer to ${gap}` }],
            failedSteps,
            result: {
              ...{ documents: [], evidence: [], changes: [], checks: [] },
              diagnosis: { ...aDiagnosis(), blastRadius: Array.from({ length: radius }, (_, i) => `s${i}`) },
            },
          },
        }),
      );
    assert.equal(with_('3 of 12 queries', 5), with_('4 of 12 queries', 6));
    assert.notEqual(with_('3 of 12 queries', 5), with_('3 of 12 queries', 12));
    assert.notEqual(with_('3 of 12 queries', 5), with_('3 of 12 queries', 5, ['collect golden']));
  });

  it('keeps a diagnosis when a later investigation comes to none', () => {
    const result = { documents: [], evidence: [], changes: [], checks: [], diagnosis: aDiagnosis() };
    const findings = { gaps: [], failedSteps: [], result };
    const gaps = [{ source: 'analysis', what: 'a ranking of causes', reason: 'given up' }];
    const next = after(
      opened,
      { kind: 'investigated', findings, at: T0 },
      {
        kind: 'investigated',
        findings: { gaps, failedSteps: ['analysis'], result: { ...result, diagnosis: null } },
        at: T0,
      },
    );
    assert.equal(next.head.diagnosis?.verdict.service, 'payment');
    assert.deepEqual(next.head.gaps, gaps);
  });

  it('hands out a record within its budget, and says in it what was cut', () => {
    const texts = { annotations: { text: '警'.repeat(2_000) }, labels: { text: '報'.repeat(600) } };
    const fat = recordOf(after(opened, firing(alertsOf(50, 'cart').map((one) => ({ ...one, ...texts })))));
    assert.deepEqual(withinBudget(fat), fat, 'fifty alerts of 8 KiB fit');

    const small = withinBudget(fat, 300 * 1024);
    assert.ok(jsonBytes(small) <= 300 * 1024);
    assert.match(small.gaps.at(-1)?.what ?? '', /^annotations of the alerts$/);
    assert.ok(small.anomalies.every(({ annotations, labels }) => !annotations['text'] && labels['text']));

    const smallest = withinBudget(fat, 4 * 1024);
    assert.ok(jsonBytes(smallest) <= 4 * 1024 + 600, `${jsonBytes(smallest)} bytes`);
    assert.deepEqual(smallest.unlisted, { firing: 49, resolved: 0 });
    assert.ok(jsonBytes(fat) <= MOST_RECORD_BYTES);
  });
});

function totals(incident: Incident): { firing: number; resolved: number } {
  const { anomalies, unlisted } = recordOf(incident);
  const listed = (status: Anomaly['status']) => anomalies.filter((one) => one.status === status).length;
  return { firing: listed('firing') + unlisted.firing, resolved: listed('resolved') + unlisted.resolved };
}
