import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Anomaly } from '../../model/anomaly.js';
import type { TroubleHome } from '../../model/triage.js';
import { episodeOf } from '../../workflows/alert-identity.js';
import { TriageBoard } from '../../workflows/triage-board.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { TriageDesk } from '../support/triage-desk.js';

const alert = fc.record({
  fingerprint: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  group: fc.constantFrom('g1aaaaaa', 'g2bbbbbb', 'g3cccccc'),
  service: fc.constantFrom('cart', 'checkout', 'payment', 'silent', 'gateway'),
  status: fc.constantFrom('firing' as const, 'resolved' as const),
  startedAt: fc.integer({ min: 0, max: 3 }).map((minute) => T0 + minute * 60),
  startUnknown: fc.constantFrom(undefined, true as const),
});

/** What happens to a triage between two rounds. */
const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('raise' as const), alerts: fc.array(alert, { maxLength: 12 }) }),
  },
  /** An incident ends, and triage hears of it or not; it may be started anew from its snapshot, or repeat a signal. */
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('close' as const, 'vanish' as const), which: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('continue' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('merge' as const), which: fc.nat(9) }) },
);

/** A correlation that joins at random, to troubles and to incidents, also in circles and to what is closed. */
const joins = fc.infiniteStream(fc.nat(20));

function randomAnswers(desk: TriageDesk, draw: Iterator<number>): void {
  desk.answer = ({ troubles, incidents }) =>
    Promise.resolve({
      blind: null,
      homes: troubles.map((): TroubleHome | null => {
        const n = Number(draw.next().value);
        const incident = incidents[n];
        if (incident) return { kind: 'incident', id: incident.id, why: 'by chance' };
        return n % 3 === 0 ? null : { kind: 'trouble', index: n % troubles.length, why: 'by chance' };
      }),
    });
}

describe('triage of any stream', () => {
  it('gives every anomaly exactly one incident, or a drop that is counted and explained', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 30 }), joins, async (events, stream) => {
        const desk = new TriageDesk();
        desk.policy = {
          settleSeconds: 0,
          joinBy: ['group', 'service', 'calls'],
          silences: [{ name: 'quiet', reason: 'a test', match: { service: 'silent' } }],
        };
        randomAnswers(desk, stream[Symbol.iterator]());
        let raised = 0;
        let last: Anomaly[] = [];
        for (const step of events) {
          const openId = (n: number) => desk.board.open[n % Math.max(1, desk.board.open.length)]?.id;
          if (step.kind === 'raise' || step.kind === 'repeat') {
            if (step.kind === 'raise') {
              last = step.alerts.map(({ startUnknown, ...one }) =>
                anAnomaly({ ...one, ...(startUnknown && { startUnknown }) }),
              );
            }
            raised += last.length;
            await desk.raise(...last);
          } else if (step.kind === 'continue') {
            desk.board = new TriageBoard(structuredClone(desk.board.snapshot()), T0);
          } else {
            const id = openId(step.which);
            const other = step.which > 0 ? openId(step.which - 1) : undefined;
            if (id === undefined) continue;
            if (step.kind === 'close') desk.close(id);
            else if (step.kind === 'vanish') desk.gone.add(id);
            else if (other !== undefined && other !== id) desk.board.merge(other, id, T0);
          }
        }

        const { counts } = desk.board;
        assert.equal(counts.raised, raised);
        const { placed, repeats, ended, silenced, strays, late } = counts;
        assert.equal(placed + repeats + ended + silenced + strays + late, raised, JSON.stringify(counts));

        const homes = new Map<string, string>();
        let told = 0;
        for (const [incident, anomalies] of desk.told) {
          for (const anomaly of anomalies) {
            told += 1;
            assert.equal(anomaly.status, 'firing');
            assert.notEqual(anomaly.service, 'silent', 'what is silenced reaches no incident');
            const episode = episodeOf(anomaly);
            assert.ok(!homes.has(episode), `${episode} is in ${homes.get(episode)} and in ${incident}`);
            homes.set(episode, incident);
          }
        }
        assert.equal(told, placed);
        const dropped = silenced + strays + late;
        const { drops } = desk.board.snapshot();
        assert.equal(drops.length, Math.min(dropped, 50));
        assert.ok(drops.every(({ why }) => why.length > 0));
      }),
      { numRuns: 400 },
    );
  });

  it('opens the same incidents whatever the order of what comes in one round', async () => {
    const firing = alert.map(({ fingerprint, group, service, startedAt }) =>
      anAnomaly({ fingerprint, group, service, startedAt }),
    );
    const round = fc.uniqueArray(firing, { selector: (one) => one.fingerprint, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(round, fc.infiniteStream(fc.nat(1_000)), async (anomalies, stream) => {
        const draw = stream[Symbol.iterator]();
        const shuffled = anomalies
          .map((one) => ({ one, key: Number(draw.next().value) }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const groups = async (given: Anomaly[]) => {
          const desk = new TriageDesk();
          desk.policy = { settleSeconds: 0, joinBy: ['service'], silences: [] };
          await desk.raise(...given);
          return [...desk.told.values()]
            .map((told) =>
              told
                .map((one) => one.fingerprint)
                .sort()
                .join(),
            )
            .sort();
        };
        assert.deepEqual(await groups(shuffled), await groups(anomalies));
      }),
    );
  });
});
