import assert from 'node:assert/strict';
import type { Anomaly } from '../../model/anomaly.js';
import type { DeliveryResult, OutboxItem } from '../../model/delivery.js';
import type { CorrelateAnswer, GroupTarget, TriagePolicy } from '../../model/triage.js';
import { episodeOf } from '../../workflows/alert-identity.js';
import { episodeKey } from '../../workflows/triage/dedup-index.js';
import type { Correlation } from '../../workflows/triage/grouping.js';
import { correlationQuestion } from '../../workflows/triage/placement.js';
import {
  loadTriage,
  newTriage,
  saveTriage,
  type SavedTriage,
  type Triage,
} from '../../workflows/triage/state.js';
import { step, type Answer, type Command } from '../../workflows/triage/step.js';
import { anAnomaly, T0 } from '../support/anomalies.js';
import { randomOf, type Random } from '../support/random.js';
import { ModelIncidents, type IncidentFault } from '../support/triage-world.js';

/*
 * Plays what may happen to a triage in an order that the seed decides: alerts that fire, repeat, end, fire again and
 * overtake each other; people who merge, split, cancel and terminate; incidents that close, open again and transfer;
 * deliveries that are cut short, retried and doubled; runs that continue as new at any point. In the end every alert
 * that fires must be in exactly one open incident.
 */

/** Faults that can be put back into triage itself. */
type TriageFault =
  /** A close while a merge is under way throws in the handler of the merge. */
  | 'close-during-merge-throws'
  /** A split is refused after it was done. */
  | 'split-refused-after-done'
  /** Continue-as-new leaves out commands that were not taken yet. */
  | 'continue-as-new-drops-commands'
  /** Alerts whose incident had ended are not placed again. */
  | 'undelivered-alerts-are-lost';
type Fault = TriageFault | IncidentFault;

const POLICY: TriagePolicy = {
  settleSeconds: 0,
  joinBy: ['group', 'service', 'calls'],
  silences: [{ name: 'quiet', reason: 'a test', match: { service: 'silenced' } }],
};
const SERVICES = ['cart', 'checkout', 'payment', 'gateway', 'silenced'];
const FINGERPRINTS = Array.from({ length: 14 }, (_, i) => `alert-${i}`);
const EVENTS = 90;
/** Rounds in which everything must have come to rest when nothing happens any more. */
const DRAINING_ROUNDS = 400;

/** What the simulation expects of one episode, by the order in which its messages reached triage. */
type Expected = 'firing' | 'resolved' | 'resolved-before-seen' | 'dropped-once';

class Simulation {
  private readonly random: Random;
  private state: Triage = newTriage('sim', 'run00001');
  private readonly commands: Command[] = [];
  private readonly incidents: ModelIncidents;
  private readonly expected = new Map<string, { anomaly: Anomaly; is: Expected }>();
  /** The episode of each alert that its source tells about, and whether it fires there. */
  private readonly source = new Map<string, { startedAt: number; isFiring: boolean }>();
  private readonly withheld: Anomaly[] = [];
  private now = T0;
  private replies = 0;
  private readonly asked = new Map<number, Command>();
  private delivery: {
    items: OutboxItem[];
    results: DeliveryResult[];
    /** How many incidents had ended when it was scheduled. */
    since: number;
    isRetry: boolean;
  } | null = null;
  private question: Correlation | null | undefined;

  constructor(
    seed: number,
    private readonly fault: Fault | null,
  ) {
    this.random = randomOf(seed);
    this.incidents = new ModelIncidents(
      (message) => this.commands.push({ kind: 'messages', messages: [message] }),
      fault as IncidentFault | null,
    );
  }

  run(): void {
    for (let i = 0; i < EVENTS; i++) {
      this.now += this.random.whole(0, 30);
      this.happen();
      for (let micro = this.random.whole(0, 4); micro > 0; micro--) this.progress();
    }
    for (const anomaly of this.withheld.splice(0)) this.raise([anomaly]);
    for (let i = 0; i < DRAINING_ROUNDS && !this.isAtRest(); i++) {
      this.now += 1;
      this.progress();
      for (const incident of this.incidents.all) this.incidents.transfer(incident, false);
    }
    this.checkTheEnd();
  }

  private isAtRest(): boolean {
    const { outbox, waiting } = this.state;
    const isIdle = this.delivery === null && this.question === undefined && this.commands.length === 0;
    const hasJobs = this.incidents.all.some(({ isRunning, jobs }) => isRunning && jobs.length > 0);
    return isIdle && !hasJobs && outbox.size === 0 && waiting.size === 0;
  }

  /** One thing that happens outside triage. */
  private happen(): void {
    const { random } = this;
    const open = this.incidents.open;
    const one = open[random.whole(0, Math.max(0, open.length - 1))];
    const other = open[random.whole(0, Math.max(0, open.length - 1))];
    const kind = random.whole(0, 19);
    if (kind <= 8) this.alertChanges();
    else if (kind === 9) this.repeat();
    else if (kind === 10) for (const anomaly of this.withheld.splice(0)) this.raise([anomaly]);
    else if (kind === 11 && one)
      this.incidents.abandon(one, random.next() < 0.7 ? 'cancel' : 'terminate', random.next() < 0.5);
    else if (kind <= 13)
      for (const incident of open) this.incidents.closeQuiet(incident, random.next() < 0.5);
    else if (kind <= 15 && one && other)
      this.ask({ kind: 'merge', merge: { from: one.id, into: other.id, by: 'ann' } });
    else if (kind <= 17 && one) {
      const services = [...new Set([...one.alerts.values()].map(({ anomaly }) => anomaly.service))];
      const service = services[random.whole(0, services.length)] ?? 'nowhere';
      this.ask({ kind: 'split', split: { from: one.id, service, by: 'ann' } });
    } else if (kind === 18) this.continueAsNew();
    else if (kind === 19)
      for (const incident of this.incidents.all) this.incidents.transfer(incident, random.next() < 0.3);
  }

  private alertChanges(): void {
    const { random } = this;
    const fingerprint = FINGERPRINTS[random.whole(0, FINGERPRINTS.length - 1)]!;
    const now = this.source.get(fingerprint);
    const isFiring = !now?.isFiring;
    const firesAgain = isFiring && now !== undefined && random.next() < 0.5;
    const startedAt = now && (now.isFiring || firesAgain) ? now.startedAt : this.now;
    this.source.set(fingerprint, { startedAt, isFiring });
    const index = FINGERPRINTS.indexOf(fingerprint);
    const anomaly = anAnomaly({
      fingerprint,
      startedAt,
      status: isFiring ? 'firing' : 'resolved',
      endedAt: isFiring ? null : this.now,
      service: SERVICES[index % SERVICES.length]!,
      group: `group${index % 4}`,
      environment: 'sim',
    });
    // One of a few is overtaken by what comes later.
    if (random.next() < 0.1) this.withheld.push(anomaly);
    else this.raise(random.next() < 0.1 ? [anomaly, anomaly] : [anomaly]);
  }

  private repeat(): void {
    const known = [...this.expected.values()];
    const one = known[this.random.whole(0, Math.max(0, known.length - 1))];
    if (one?.is === 'firing') this.raise([{ ...one.anomaly, status: 'firing', endedAt: null }]);
  }

  private raise(anomalies: Anomaly[]): void {
    for (const anomaly of anomalies) this.expect(anomaly);
    if (this.random.next() < 0.2) this.ask({ kind: 'raised', anomalies });
    else this.commands.push({ kind: 'raised', anomalies, reply: null });
  }

  private expect(anomaly: Anomaly): void {
    const key = episodeKey(anomaly);
    const before = this.expected.get(key)?.is;
    const is = ((): Expected => {
      if (anomaly.status === 'firing') return before === 'resolved-before-seen' ? 'dropped-once' : 'firing';
      return before === undefined || before === 'resolved-before-seen' || before === 'dropped-once'
        ? 'resolved-before-seen'
        : 'resolved';
    })();
    this.expected.set(key, { anomaly, is });
  }

  private ask(
    command:
      | { kind: 'raised'; anomalies: Anomaly[] }
      | Omit<Extract<Command, { kind: 'merge' }>, 'reply'>
      | Omit<Extract<Command, { kind: 'split' }>, 'reply'>,
  ): void {
    const reply = (this.replies += 1);
    const asked: Command = { ...command, reply };
    this.asked.set(reply, asked);
    this.commands.push(asked);
  }

  /** As the server does it when all updates are answered; what was being delivered is delivered again. */
  private continueAsNew(): void {
    if (this.asked.size > 0) return;
    if (this.fault === 'continue-as-new-drops-commands') this.commands.length = 0;
    const carried = JSON.parse(JSON.stringify(saveTriage(this.state))) as SavedTriage;
    assert.ok(JSON.stringify(carried).length < 100_000, 'what is carried over stays small');
    this.state = loadTriage(carried);
    this.delivery = null;
    this.question = undefined;
  }

  /** One step of the triage's loop, or of the activity that it waits for. */
  private progress(): void {
    if (this.delivery) {
      this.deliverSome(this.delivery);
    } else if (this.question !== undefined) {
      this.take({ kind: 'open', policy: POLICY, correlation: this.question });
      this.question = undefined;
    } else if (this.commands.length > 0) {
      for (const command of this.commands.splice(0)) this.take(command);
    } else if (this.state.outbox.isReady) {
      const items = this.state.outbox.next();
      this.delivery = { items, results: [], since: this.incidents.ended, isRetry: false };
    } else if (this.state.waiting.size > 0) {
      this.take({ kind: 'join', policy: POLICY });
      const question = correlationQuestion(this.state, POLICY, this.now);
      this.question = question && { keys: question.keys, answer: this.correlate(question) };
    }
  }

  private correlate({ keys, request }: NonNullable<ReturnType<typeof correlationQuestion>>): CorrelateAnswer {
    const { random } = this;
    const targets = keys.map((): GroupTarget | null => {
      const incident = request.incidents[random.whole(0, 30)];
      if (incident) return { kind: 'incident', id: incident.id, why: 'by chance' };
      return random.next() < 0.7
        ? null
        : { kind: 'group', index: random.whole(0, keys.length), why: 'by chance' };
    });
    return { targets, blind: random.next() < 0.1 ? 'nothing is known' : null };
  }

  /** The activity sends to one incident, or loses what it noted and begins anew, or answers what it has. */
  private deliverSome(delivery: NonNullable<typeof this.delivery>): void {
    const { items, results, since, isRetry } = delivery;
    const done = new Set(results.map(({ id }) => id));
    const next = items.find(({ message }) => !done.has(message.id));
    const chance = this.random.next();
    if (next && chance < 0.8) {
      for (const item of items.filter(({ incident }) => incident === next.incident)) {
        results.push({
          id: item.message.id,
          outcome: this.incidents.deliver(item, isRetry ? since : Infinity),
        });
      }
    } else if (chance < 0.9 && next) {
      results.length = 0;
      delivery.isRetry = true;
    } else if (results.length > 0) {
      this.take({ kind: 'delivered', items, results });
      this.delivery = null;
    }
  }

  private take(command: Command): void {
    const { state, fault } = this;
    if (fault === 'close-during-merge-throws' && command.kind === 'delivered') {
      for (const { id } of command.results) {
        const move = state.moves.get(id);
        if (move && !state.open.has(move.to)) throw new Error(`${move.to} is not open`);
      }
    }
    const before = command.kind === 'merge' || command.kind === 'split' ? placesOf(state) : '';
    const { answers } = step(state, faulty(command, fault), this.now);
    if (fault === 'split-refused-after-done' && command.kind === 'split' && answers.length === 0) {
      answers.push({ reply: command.reply, result: { refused: 'the signal failed' } });
    }
    for (const answer of answers) this.checkAnswer(answer, command, before);
    this.checkCounts();
  }

  private checkAnswer({ reply, result }: Answer, command: Command, before: string): void {
    assert.ok(this.asked.delete(reply), `update ${reply} is answered twice`);
    if (!('refused' in result) || !('reply' in command) || command.reply !== reply) return;
    assert.equal(placesOf(this.state), before, `refused, but done: ${result.refused}`);
  }

  private checkCounts(): void {
    const { raised, incidents, flaps, ...others } = this.state.counts;
    const sum = Object.values(others).reduce((a, b) => a + b, 0) + this.state.waiting.size;
    assert.equal(sum, raised, `every alert is counted once, of ${incidents} incidents and ${flaps} flaps`);
  }

  private checkTheEnd(): void {
    const { outbox, waiting } = this.state;
    assert.deepEqual([outbox.size, waiting.size, this.commands.length], [0, 0, 0], 'it comes to rest');
    assert.deepEqual([...this.asked.keys()], [], 'every update is answered');
    for (const incident of this.incidents.open) {
      assert.ok(this.state.open.has(incident.id), `triage knows that ${incident.id} is open`);
    }
    const firing = new Map<string, [episode: string, incident: string][]>();
    for (const { id, alerts } of this.incidents.open) {
      for (const [episode, { anomaly, isFiring }] of alerts) {
        if (!isFiring) continue;
        const key = episodeKey(anomaly);
        firing.set(key, [...(firing.get(key) ?? []), [episode, id]]);
      }
    }
    for (const [key, { anomaly, is }] of this.expected) {
      const known = this.state.dedup.get(key);
      const episode = episodeOf({ ...anomaly, ...(known?.recurrence && { recurrence: known.recurrence }) });
      const found = firing.get(key) ?? [];
      if (is !== 'firing' || anomaly.service === 'silenced') {
        assert.deepEqual(found, [], `${key} is ${is} and fires nowhere`);
      } else if (!this.incidents.abandoned.has(episode)) {
        const expected = [[episode, known?.incident]];
        assert.deepEqual(found, expected, `${key} fires in exactly one open incident, as triage says`);
      }
    }
  }
}

/** Which incident has which episode, and which are open: what a refused update leaves as it was. */
function placesOf(state: Triage): string {
  const { open, dedup } = saveTriage(state);
  return JSON.stringify([open, dedup.incidents]);
}

function faulty(command: Command, fault: Fault | null): Command {
  if (fault !== 'undelivered-alerts-are-lost' || command.kind !== 'delivered') return command;
  return { ...command, results: command.results.map(({ id }) => ({ id, outcome: 'delivered' })) };
}

/** Plays so many seeds and answers the first failure. */
function play(seeds: number, fault: Fault | null): { seed: number; error: unknown } | null {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      new Simulation(seed, fault).run();
    } catch (error) {
      return { seed, error };
    }
  }
  return null;
}

describe('triage, simulated', function () {
  this.timeout(300_000);

  it('gives every alert one open incident, or a drop that is counted, in any order of events', () => {
    const failure = play(2_000, null);
    if (failure) throw new Error(`seed ${failure.seed}: ${String(failure.error)}`, { cause: failure.error });
  });

  const faults: Fault[] = [
    'close-during-merge-throws',
    'split-refused-after-done',
    'continue-as-new-drops-commands',
    'undelivered-alerts-are-lost',
    'transfer-to-ended-fails',
    'counted-alerts-stay',
    'split-ends-the-rest',
  ];
  for (const fault of faults) {
    it(`finds the fault "${fault}" when it is put back`, () => {
      assert.ok(play(1_000, fault), '1,000 seeds did not find it');
    });
  }
});
