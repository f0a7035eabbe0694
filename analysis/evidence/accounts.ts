import type { FaultKind } from '../../model/diagnosis.js';
import type { Series } from '../../model/series.js';
import { wholePercent } from '../../model/wording.js';
import type { Account } from '../accounts/balance.js';
import type { Currency, Loss } from '../accounts/losses.js';
import type { Taken } from '../accounts/taken.js';
import type { Facts } from '../facts.js';
import { waiting } from '../fault-kind.js';
import type { Deviation } from '../series/deviation.js';
import { quietness } from '../service-facts.js';
import { RANK } from '../weights.js';
import { finding, type Finding } from './finding.js';
import { movementWords } from './symptoms.js';

/** What the accounts of lost seconds, lost requests and taken resources say of everybody. */
export function accountEvidence(facts: Facts): Finding[] {
  const { books } = facts;
  const moveOf = new Map(facts.moves.map((move) => [move.series, move]));
  const lost = (['seconds', 'requests'] as const).flatMap(
    (currency) =>
      books[currency]?.accounts.flatMap((account, service) =>
        account === null
          ? []
          : [
              ...inside(facts, service, account, currency, moveOf),
              ...onTheWay(facts, service, account, currency, moveOf),
            ],
      ) ?? [],
  );
  return [...lost, ...taken(facts)];
}

/** The move of each series that has one. */
type Moves = ReadonlyMap<Series, Deviation>;

/** Smaller shares of the alert's loss are not told. */
const LEAST_SHARE = 0.01;

const LOST: Record<Currency, string> = { seconds: 'the added latency', requests: 'the failed requests' };
const ARISES: Record<Currency, string> = { seconds: 'arises', requests: 'arise' };
const LEADS: Record<Currency, string> = { seconds: 'leads', requests: 'lead' };

/** Whether the alert is about this currency. */
function isOfAlert({ story }: Facts, currency: Currency): boolean {
  return story.signals.some((signal) => (signal === 'latency') === (currency === 'seconds'));
}

/** Worth of what a service lost by itself in one currency, in units of the ranking. */
export function insideWeight(facts: Facts, service: number, currency: Currency): number {
  const account = facts.books[currency]?.accounts[service] ?? null;
  if (account === null) return 0;
  // Where no calm tells how far a metric strays, what was lost says more than how far it strayed.
  const hasCalm = facts.baselines.some(({ baselineEnd }) => baselineEnd > 0);
  const worth = (isOfAlert(facts, currency) ? 1 : RANK.otherCurrency) * (hasCalm ? 1 : RANK.withoutCalm);
  const { traced, own, below } = account;
  const seen = own > 0 ? 1 - below / own : 1;
  return worth * seen * (RANK.traced * traced + RANK.own * Math.min(1, own));
}

/** What a service lost and none of its callees lost for it. */
function inside(
  facts: Facts,
  service: number,
  { own, traced, loss, waited, from }: Account,
  currency: Currency,
  moveOf: Moves,
): Finding[] {
  const share = Math.max(traced, Math.min(1, own));
  if (loss === null || share < LEAST_SHARE) return [];
  const { graph, alerting } = facts;
  const name = graph.names[service]!;
  const weight = insideWeight(facts, service, currency);
  const whose = `${capital(wholePercent(share))} of ${LOST[currency]} of ${graph.names[alerting]!}`;
  // What it measures of itself may show nothing of what its callers lose by it.
  const asCallersSee = loss.amount === 0 && waited !== null && from !== null;
  const shown = asCallersSee ? waited : loss;
  const words = rise(shown, asCallersSee ? graph.names[from]! : name);
  return [
    finding(service, {
      observation: `${currency} of ${name}`,
      kind: 'explains-callers',
      weight,
      statement: asCallersSee
        ? `${whose} ${LEADS[currency]} to ${name} along the calls and no further: ${words}.`
        : `${whose} ${ARISES[currency]} in ${name} itself, by latency, errors and traffic of each service: ${words}.`,
      ...seen(moveOf, shown.series),
    }),
  ];
}

/** What callers waited or failed beyond what the callee itself accounts for. */
function onTheWay(
  facts: Facts,
  service: number,
  account: Account,
  currency: Currency,
  moveOf: Moves,
): Finding[] {
  const { way, waited, from } = account;
  if (way < LEAST_SHARE || waited === null || from === null) return [];
  const { graph, alerting } = facts;
  const name = graph.names[service]!;
  // Calls that fail while the callee serves as many as before and sees nothing may be given up by the caller.
  const lost = Math.min(1, quietness(facts.services[service]!.quieter) / RANK.lostCalls);
  const doubt = currency === 'requests' && account.isMeasured ? RANK.eithers * (1 - lost) : 0;
  const worth = isOfAlert(facts, currency) ? 1 : RANK.otherCurrency;
  const weight = worth * (1 - doubt) * RANK.way * Math.min(1, way);
  const whose = `${capital(wholePercent(Math.min(1, way)))} of ${LOST[currency]} of ${graph.names[alerting]!}`;
  const words = rise(waited, graph.names[from]!);
  const kinds: [FaultKind, number][] = currency === 'seconds' ? [['network', weight]] : [];
  return [
    finding(service, {
      observation: `${currency} on the way to ${name}`,
      kind: 'neighbours',
      weight,
      statement: `${whose} ${ARISES[currency]} in calls to ${name} that ${name} itself does not account for: ${words}.`,
      ...seen(moveOf, waited.series),
      kinds,
    }),
  ];
}

const RESOURCE: Record<Taken, string> = {
  cpu: 'CPU',
  memory: 'memory',
  disk: 'disk traffic',
};
const KIND: Record<Taken, FaultKind> = { cpu: 'cpu', memory: 'memory', disk: 'disk' };

/** Who takes more of what all services share. */
function taken(facts: Facts): Finding[] {
  const { books, graph, services } = facts;
  return [...books.taken].flatMap(([resource, shares]) =>
    [...shares].flatMap((share, service) => {
      if (share <= 0) return [];
      const name = graph.names[service]!;
      const weight = RANK.taken[resource] * share;
      const what = `the additional ${RESOURCE[resource]} of all services`;
      return [
        finding(service, {
          observation: `${resource} taken by ${name}`,
          kind: 'resource',
          weight,
          statement: `${name} accounts for ${wholePercent(share)} of ${what}.`,
          kinds: [[KIND[resource], (resource === 'memory' ? 1 : waiting(services[service]!)) * (weight / 2)]],
        }),
      ];
    }),
  );
}

function seen(moveOf: Moves, series: Series): { move: Deviation | null; series: Series } {
  return { move: moveOf.get(series) ?? null, series };
}

function rise({ series, before, after }: Loss, service: string): string {
  return movementWords(series, service, { before, after, sign: series.worse === 'down' ? -1 : 1 });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
