import type { CallGraph } from '../graph/call-graph.js';
import { reachableFrom } from '../graph/call-graph.js';
import { ACCOUNTS } from '../weights.js';
import { tailOf } from '../story.js';
import { pairKey, type Loss, type Losses, type Rates } from './losses.js';

/** The account of one service in one currency, each amount as a share of what the alerting service lost. */
export interface Account {
  /** What none of its callees lost for it: lost inside, or below it in what nobody measures. */
  own: number;
  /** Of `own`, what may have been lost in callees that nobody measures. */
  below: number;
  /** Lost on the way to it: its callers waited, and it did not work as long; `from` waited the longest. */
  way: number;
  from: number | null;
  /** Share of the alert's loss that leads here along the calls and no further, 0..1; all of them sum to 1. */
  traced: number;
  /** What was measured of it; of its way, what its callers measured. */
  loss: Loss | null;
  waited: Loss | null;
  /** It measures its own work in this currency. */
  isMeasured: boolean;
}

/** The books of one currency. */
export interface Books {
  /** By service; null for one that nothing was booked for. */
  accounts: (Account | null)[];
}

/**
 * The books must balance: what a caller lost is what its callees lost for it plus a remainder of its own, L = own + A L
 * over the call graph, so own = L - A L. What one callee lost is shared among its callers by how often they call it or,
 * where that is not known, by what they lost. Where a caller measures its calls, what it waited beyond its callees' own
 * time was lost on the way to them. What nobody measures has no account: its loss stays with its callers, as `below`.
 * Linear in services and calls.
 */
export function balance(
  losses: Losses,
  rates: Rates,
  graph: CallGraph,
  alerting: number,
  saturated: readonly boolean[],
): Books | null {
  const { served, called, waited, answered } = losses;
  const size = graph.names.length;
  const sumOf = (map: Map<string, Loss>, callee: number): Loss | null => {
    const parts = graph.callers[callee]!.flatMap((caller) => map.get(pairKey(caller, callee)) ?? []);
    if (parts.length === 0) return null;
    const largest = parts.reduce((a, b) => (b.amount > a.amount ? b : a));
    return { ...largest, amount: parts.reduce((sum, { amount }) => sum + amount, 0) };
  };
  const own = Array.from({ length: size }, (_, s): Loss | null => served.get(s) ?? sumOf(answered, s));
  const seen = own.map((loss, s) => loss ?? sumOf(waited, s));
  const lost = seen.map((loss) => loss?.amount ?? 0);
  // Who is blamed by the alert's own measure; without one, everybody's losses together are the whole.
  const whole = lost[alerting]! > 0 ? lost[alerting]! : Math.max(...lost);
  if (!(whole > 0)) return null;
  const overlap = [...served.values()].some(({ series }) => tailOf(series.name) === 1) ? 1 : ACCOUNTS.overlap;

  const calls = graph.callers.map((callers, callee) =>
    rates.pair.size === 0
      ? 0
      : callers.reduce((sum, caller) => sum + (rates.pair.get(pairKey(caller, callee)) ?? 0), 0),
  );
  const claims = graph.callers.map((callers) => callers.reduce((sum, caller) => sum + lost[caller]!, 0));
  /** What `caller` lost by `callee`, as the callee measures it. */
  const shareOf = (caller: number, callee: number): number => {
    const exact = answered.size === 0 ? undefined : answered.get(pairKey(caller, callee));
    if (exact !== undefined) return exact.amount;
    if (own[callee] === null || lost[callee] === 0) return 0;
    if (calls[callee]! > 0)
      return (lost[callee]! * (rates.pair.get(pairKey(caller, callee)) ?? 0)) / calls[callee]!;
    if (claims[callee]! > 0) return (lost[callee]! * lost[caller]!) / claims[callee]!;
    return lost[callee]! / graph.callers[callee]!.length;
  };
  const waitOf = (caller: number, callee: number): Loss | undefined =>
    waited.size === 0 ? undefined : waited.get(pairKey(caller, callee));

  const accounts = seen.map((loss, s): Account | null => {
    if (loss === null && !called.has(s)) return null;
    let passedOn = 0;
    for (const callee of graph.callees[s]!) {
      const wait = waitOf(s, callee);
      passedOn += Math.max(shareOf(s, callee), wait?.amount ?? 0);
    }
    const all = Math.max(passedOn, called.get(s)?.amount ?? 0);
    const remains = own[s] === null ? lost[s]! : Math.max(0, lost[s]! - overlap * all);
    return {
      own: remains / whole,
      below: 0,
      way: 0,
      traced: 0,
      from: null,
      loss,
      waited: null,
      isMeasured: own[s] !== null,
    };
  });
  onTheWay(losses, graph, accounts, whole, shareOf, lost, overlap);
  hidden(losses, graph, accounts);
  trace(losses, graph, accounts, { alerting, overlap, shareOf, lost, saturated });
  const reached = reachableFrom([alerting], graph.callees);
  for (const [s, account] of accounts.entries()) {
    if (account === null || reached[s] || !graph.known) continue;
    for (const field of ['own', 'way', 'below'] as const) account[field] *= ACCOUNTS.unreached;
  }
  return { accounts };
}

/**
 * Waits that no callee accounts for: of each call where callers measure them apart, else of a caller's calls together.
 */
function onTheWay(
  { waited, called }: Losses,
  graph: CallGraph,
  accounts: (Account | null)[],
  whole: number,
  shareOf: (caller: number, callee: number) => number,
  lost: readonly number[],
  overlap: number,
): void {
  const book = (callee: number, caller: number, amount: number, loss: Loss): void => {
    const account = (accounts[callee] ??= emptyAccount());
    const most = account.waited === null || amount > account.waited.amount;
    account.way += amount / whole;
    if (most) [account.from, account.waited] = [caller, { ...loss, amount }];
  };
  for (const [caller, callees] of graph.callees.entries()) {
    if (waited.size === 0 && !called.has(caller)) continue;
    let unexplained = called.get(caller)?.amount ?? 0;
    const apart = callees.filter((callee) => waited.has(pairKey(caller, callee)));
    for (const callee of callees) {
      const wait = waited.get(pairKey(caller, callee));
      unexplained -= overlap * Math.max(shareOf(caller, callee), wait?.amount ?? 0);
      // What a callee that measures nothing made others wait is booked as its own.
      if (wait === undefined || accounts[callee]?.isMeasured !== true) continue;
      const way = wait.amount - overlap * shareOf(caller, callee);
      if (way > 0) book(callee, caller, way, wait);
    }
    const together = called.get(caller);
    if (together === undefined || apart.length > 0) continue;
    const most = Math.min(unexplained, lost[caller]! > 0 ? lost[caller]! : unexplained);
    if (most <= 0) continue;
    // Whoever else calls the callee waits as well, if it is the way to the callee.
    const fits = callees.map((callee) => consistency(callee, caller, graph, called));
    const total = fits.reduce((sum, fit) => sum + fit, 0);
    for (const [index, callee] of callees.entries()) {
      if (fits[index]! > 0) book(callee, caller, (most * fits[index]!) / total, together);
    }
  }
}

/**
 * Follows the alert's loss along the calls: of each service's part as much goes on to a callee as that lost for it, the
 * rest stays. Where a service's work in flight is at its limit, or a slow callee holds as many of its workers as
 * usually work at all, everybody waits: then it loses more than the callee did (Little 1961), and their growth is
 * compared instead.
 */
function trace(
  { waited }: Losses,
  graph: CallGraph,
  accounts: (Account | null)[],
  {
    alerting,
    overlap,
    shareOf,
    lost,
    saturated,
  }: {
    alerting: number;
    overlap: number;
    shareOf: (caller: number, callee: number) => number;
    lost: readonly number[];
    saturated: readonly boolean[];
  },
): void {
  const growth = (service: number): number => {
    const loss = accounts[service]?.loss;
    if (loss == null || lost[service]! <= 0) return 0;
    return Math.max(0, Math.log2(Math.max(loss.after, 1e-9) / Math.max(loss.before, 1e-9)));
  };
  const parts = graph.callees.map((callees, caller) => {
    const all = lost[caller]!;
    if (all <= 0) return [];
    const shares = callees.map((callee) => {
      const wait = waited.size === 0 ? 0 : (waited.get(pairKey(caller, callee))?.amount ?? 0);
      const part = Math.max(overlap * shareOf(caller, callee), wait) / all;
      const held = growth(caller) > 0 ? Math.min(1, growth(callee) / growth(caller)) : 0;
      const isHeld = saturated[caller]! ? 1 : heldShare(shareOf(caller, callee), all, accounts[caller]!.loss);
      return { callee, part: Math.min(1, Math.max(part, isHeld * held)) };
    });
    const total = shares.reduce((sum, { part }) => sum + part, 0);
    return shares
      .filter(({ part }) => part > 0)
      .map(({ callee, part }) => ({ callee, part: part / Math.max(1, total) }));
  });
  let here = new Map([[alerting, 1]]);
  // Calls may go in a circle: what still goes round after so many hops stays where it is.
  for (let hop = 0; hop < MOST_HOPS && here.size > 0; hop += 1) {
    const next = new Map<number, number>();
    for (const [service, amount] of here) {
      let left = amount;
      for (const { callee, part } of hop === MOST_HOPS - 1 ? [] : parts[service]!) {
        next.set(callee, (next.get(callee) ?? 0) + amount * part);
        left -= amount * part;
      }
      const account = (accounts[service] ??= emptyAccount());
      account.traced += Math.max(0, left);
    }
    here = new Map([...next].filter(([, amount]) => amount > 1e-4));
  }
}
const MOST_HOPS = 24;

/**
 * Seconds lost per second are workers held: how many `lost` seconds of a callee hold of those that its caller had at
 * work in its calm, 0..1. The caller lost `all` in total.
 */
function heldShare(lost: number, all: number, loss: Loss | null): number {
  if (loss === null || loss.after <= loss.before) return 0;
  const atWork = (all / (loss.after - loss.before)) * loss.before;
  return atWork > 0 ? Math.min(1, lost / atWork) : 0;
}

/** Share of the other callers of a callee that wait longer too, of those that measure it; 1 where there is none. */
function consistency(callee: number, caller: number, graph: CallGraph, called: Losses['called']): number {
  const others = graph.callers[callee]!.filter((one) => one !== caller && called.has(one));
  if (others.length === 0) return 1;
  return others.filter((one) => called.get(one)!.amount > 0).length / others.length;
}

/** What a service lost by itself may have been lost in callees that nobody measures. */
function hidden({ waited, called }: Losses, graph: CallGraph, accounts: (Account | null)[]): void {
  for (const [caller, callees] of graph.callees.entries()) {
    const account = accounts[caller];
    if (account == null || account.own <= 0 || called.has(caller)) continue;
    const blind = callees.filter(
      (callee) => accounts[callee]?.isMeasured !== true && !waited.has(pairKey(caller, callee)),
    );
    if (blind.length === 0) continue;
    account.below = account.own * ACCOUNTS.hidden * (blind.length / callees.length);
  }
}

function emptyAccount(): Account {
  return {
    own: 0,
    below: 0,
    way: 0,
    traced: 0,
    from: null,
    loss: null,
    waited: null,
    isMeasured: false,
  };
}
