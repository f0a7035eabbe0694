import type { CallGraph } from '../graph/call-graph.js';
import { UNRESOLVED } from './template.js';

/** Whom a line of trouble speaks of: its writer, some call that the writer made, or a service by its number. */
export type About = 'itself' | 'a-call' | number;

/** Words, host names and addresses; a port or a path after them is not theirs. */
const TOKEN = /[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?/gu;
/** A name of one plain word is an ordinary word as well, unless it stands where only a callee does. */
const PLAIN_WORD = /^\p{L}+$/u;
const MEANS_A_SERVICE = /(?:service|svc|server|db|api)$/iu;
const BEFORE_A_CALLEE =
  /(?:\b(?:to|from|by|at|via|calling|call|upstream|backend|dependency|host|service|dial|connect|connecting)[\s"'=:]+|:\/\/|@)$/iu;
const AFTER_A_CALLEE =
  /^(?::\d|\.\p{L}|\/\p{L}|["']?\s+(?:service|unavailable|unreachable|timed|returned|refused|responded|answered|did not)\b)/iu;
/** Wrapped errors put whom they are of between colons: `POST /charges failed: ledger: certificate has expired`. */
const BEFORE_A_REASON = /(?:^|:\s*)$/u;
const REASON = /^:\s/u;
/** Speaks of a call without saying whose. */
const OF_A_CALL =
  /upstream|downstream|\brpc\b|connect(?:ion)?\b|ECONN\w+|ETIMEDOUT|time(?:d )?[ -]?out|deadline|unavailable|unreachable|bad gateway|status(?: code)?[ =:]+5\d\d|\b50[234]\b/iu;

/**
 * Whom a line is about. A service that it names is the farthest of those that the writer calls and that are named
 * along the way (`b failed: c refused`); where no call to it is known, the last one named that does not itself call
 * the writer.
 */
export function aboutOf(message: string, writer: number, graph: CallGraph): About {
  if (UNRESOLVED.test(message)) return 'a-call';
  const named = namedIn(message, writer, graph).filter((service) => service !== writer);
  let here = writer;
  for (;;) {
    const next = named.find((service) => service !== here && graph.callees[here]!.includes(service));
    if (next === undefined) break;
    named.splice(0, named.indexOf(next) + 1);
    here = next;
  }
  if (here !== writer) return here;
  const stranger = named.filter((service) => !graph.callees[service]!.includes(writer)).at(-1);
  return stranger ?? (OF_A_CALL.test(message) ? 'a-call' : 'itself');
}

/** Services that a text names, in its order. */
function namedIn(message: string, writer: number, { indexOf, callees }: CallGraph): number[] {
  return [...message.matchAll(TOKEN)].flatMap(({ 0: token, index }) => {
    // `orders.shop.svc.cluster.local` is the host of orders.
    const name = [token, token.split('.')[0]!].find((candidate) => indexOf.has(candidate));
    if (name === undefined) return [];
    const service = indexOf.get(name)!;
    const plain = PLAIN_WORD.test(name) && !MEANS_A_SERVICE.test(name);
    const [before, after] = [message.slice(0, index), message.slice(index + name.length)];
    const isWrapped =
      callees[writer]!.includes(service) && BEFORE_A_REASON.test(before) && REASON.test(after);
    const stands = isWrapped || BEFORE_A_CALLEE.test(before) || AFTER_A_CALLEE.test(after);
    return plain && !stands ? [] : [service];
  });
}
