import assert from 'node:assert/strict';
import fc from 'fast-check';
import { emptyBoard, TriageBoard } from '../../workflows/triage-board.js';
import { anAnomaly, T0 } from '../support/anomalies.js';

describe('triage board', () => {
  it('opens an incident whose id names service, minute and group', () => {
    const placed = new TriageBoard().place(anAnomaly());
    assert.deepEqual(placed, { kind: 'opens', incident: 'incident/checkout/20261124-1042-0a1b2c' });
  });

  it('makes ids safe that would break a path', () => {
    const placed = new TriageBoard().place(anAnomaly({ service: 'a/b c\n' }));
    assert.equal(placed.incident, 'incident/a-b-c-/20261124-1042-0a1b2c');
  });

  it('sends another alert of the same group to the same incident', () => {
    const board = new TriageBoard();
    const first = board.place(anAnomaly());
    const second = board.place(anAnomaly({ fingerprint: 'other', service: 'cart', startedAt: T0 + 80 }));
    assert.deepEqual(second, { kind: 'joins', incident: first.incident });
  });

  it('sends an alert of another group about the same service to the same incident', () => {
    const board = new TriageBoard();
    const first = board.place(anAnomaly());
    const second = board.place(anAnomaly({ fingerprint: 'errors', group: 'ffffffffffff' }));
    assert.deepEqual(second, { kind: 'joins', incident: first.incident });
  });

  it('opens nothing for a repeat, while the incident is open and after it was closed', () => {
    const board = new TriageBoard();
    const { incident } = board.place(anAnomaly());
    assert.deepEqual(board.place(anAnomaly()), { kind: 'repeats', incident });
    board.close(incident ?? '');
    assert.deepEqual(board.place(anAnomaly()), { kind: 'repeats', incident });
  });

  it('opens a new incident when an alert fires again after its incident was closed', () => {
    const board = new TriageBoard();
    board.close(board.place(anAnomaly()).incident ?? '');
    const again = board.place(anAnomaly({ startedAt: T0 + 3600 }));
    assert.deepEqual(again, { kind: 'opens', incident: 'incident/checkout/20261124-1142-0a1b2c' });
  });

  it('ends only what it knows', () => {
    const board = new TriageBoard();
    const { incident } = board.place(anAnomaly());
    assert.deepEqual(board.place(anAnomaly({ status: 'resolved' })), { kind: 'ends', incident });
    assert.deepEqual(board.place(anAnomaly({ status: 'resolved', fingerprint: 'unknown' })), {
      kind: 'stray',
      incident: null,
    });
    board.close(incident ?? '');
    assert.deepEqual(board.place(anAnomaly({ status: 'resolved' })), { kind: 'repeats', incident });
  });

  it('goes on as before from its snapshot, and remembers a bounded number of episodes', () => {
    const board = new TriageBoard();
    for (let i = 0; i < 2500; i++) board.place(anAnomaly({ fingerprint: `alert-${i}` }));
    const snapshot = board.snapshot();
    assert.equal(snapshot.episodes.length, 2000);
    const next = new TriageBoard(structuredClone(snapshot));
    assert.equal(next.place(anAnomaly({ fingerprint: 'alert-2499' })).kind, 'repeats');
    assert.equal(next.place(anAnomaly({ fingerprint: 'brand new' })).kind, 'joins');
  });

  it('gives every firing anomaly exactly one incident, whatever the order', () => {
    const event = fc.record({
      fingerprint: fc.constantFrom('a', 'b', 'c', 'd'),
      group: fc.constantFrom('g1aaaaaa', 'g2bbbbbb'),
      service: fc.constantFrom('cart', 'checkout', 'payment'),
      status: fc.constantFrom('firing' as const, 'resolved' as const),
      startedAt: fc.integer({ min: 0, max: 5 }).map((n) => T0 + n * 60),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const board = new TriageBoard(emptyBoard());
        const homes = new Map<string, string>();
        for (const one of events) {
          const { kind, incident } = board.place(anAnomaly(one));
          if (one.status === 'resolved') {
            assert.notEqual(kind, 'opens');
            continue;
          }
          const episode = `${one.fingerprint}@${one.startedAt}`;
          assert.ok(incident);
          assert.equal(homes.get(episode) ?? incident, incident);
          homes.set(episode, incident);
        }
        assert.equal(board.snapshot().counts.raised, events.length);
      }),
    );
  });
});
