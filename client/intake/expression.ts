import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import type { SymptomKind } from '../../model/anomaly.js';

/*
 * What an alert's expression says of its symptom: the metrics that it compares, what is divided by what, and the
 * functions around them. It says more than names of alerts, which people choose freely.
 */

/** Longer expressions are not read: the words of the alert stand for them. */
const MAX_LENGTH = 4_000;

interface Matcher {
  label: string;
  isNegative: boolean;
  value: string;
}

interface Metric {
  name: string;
  matchers: Matcher[];
}

/** What is compared, and with what. */
interface Compared {
  node: SyntaxNode;
  /** `< 1`, `== 0`: what is counted is not there. */
  isNearNothing: boolean;
}

/**
 * The symptom that an alert's PromQL tells; `other` where it is none of the golden signals (certificates, clocks,
 * versions), null where it tells nothing or cannot be read.
 */
export function symptomOfExpression(expression: string | undefined): SymptomKind | null {
  if (expression === undefined || expression.trim() === '' || expression.length > MAX_LENGTH) return null;
  const { topNode } = parser.parse(expression);
  const [whole] = partsOf(topNode);
  if (!whole || descendants(topNode).some(({ type }) => type.isError)) return null;
  const compared = comparedIn(whole, expression);
  const facts = new Facts(compared, expression);
  return RULES.map((rule) => rule(facts)).find((kind) => kind !== null) ?? null;
}

const COMPARISON = new Set(['Gtr', 'Lss', 'Eql', 'Neq', 'Gte', 'Lte']);

/** The first of what the alert compares: conditions that only narrow it (`and`, `unless`) and alternatives say less. */
function comparedIn(node: SyntaxNode, text: string): Compared {
  if (node.name === 'ParenExpr') return comparedIn(partsOf(node)[0]!, text);
  if (node.name !== 'BinaryExpr') return { node, isNearNothing: false };
  const { left, right, operator } = sidesOf(node);
  if (['And', 'Unless', 'Or'].includes(operator)) return comparedIn(left, text);
  if (!COMPARISON.has(operator)) return { node, isNearNothing: false };
  const isTurned = metricsIn(left, text).length === 0;
  const inner = comparedIn(isTurned ? right : left, text);
  const limit = Number(text.slice(right.from, right.to));
  const isNearNothing =
    !isTurned && ((operator === 'Lss' && limit <= 1) || (operator === 'Eql' && limit === 0));
  return { node: inner.node, isNearNothing: inner.isNearNothing || isNearNothing };
}

function sidesOf(node: SyntaxNode): { left: SyntaxNode; right: SyntaxNode; operator: string } {
  const parts = partsOf(node);
  return { left: parts[0]!, right: parts.at(-1)!, operator: parts[1]!.name };
}

function partsOf(node: SyntaxNode): SyntaxNode[] {
  const parts: SyntaxNode[] = [];
  for (let part = node.firstChild; part; part = part.nextSibling) {
    if (part.name !== 'LineComment') parts.push(part);
  }
  return parts;
}

/** What the rules ask of an expression. */
class Facts {
  /** The metrics that are compared; of a ratio those above the line. */
  readonly above: Metric[];
  readonly below: Metric[];
  readonly functions: Set<string>;
  readonly isNearNothing: boolean;

  constructor({ node, isNearNothing }: Compared, text: string) {
    this.isNearNothing = isNearNothing;
    const nodes = [node, ...descendants(node)];
    const division = nodes.find((one) => one.name === 'BinaryExpr' && sidesOf(one).operator === 'Div');
    const parts = division && sidesOf(division);
    const above = parts ? metricsIn(parts.left, text) : [];
    const isRatio = parts !== undefined && above.length > 0;
    this.above = isRatio ? above : metricsIn(node, text);
    this.below = isRatio ? metricsIn(parts.right, text) : [];
    this.functions = new Set(
      nodes
        .filter(({ name }) => name === 'FunctionIdentifier' || name === 'AggregateOp')
        .map(({ firstChild }) => firstChild?.name ?? ''),
    );
  }

  get isRate(): boolean {
    return ['Rate', 'Irate', 'Increase', 'Delta'].some((name) => this.functions.has(name));
  }

  has(pattern: RegExp): boolean {
    return this.above.some(({ name }) => pattern.test(wordsOf(name)));
  }
}

type Rule = (facts: Facts) => SymptomKind | null;

const when =
  (kind: SymptomKind, holds: (facts: Facts) => boolean): Rule =>
  (facts) =>
    holds(facts) ? kind : null;

/** Values of labels by which failures are counted. */
const FAILED = /^\^?[45](\.|\d|x|\[|\()|err|fail|unavailable|internal|exception|timeout/i;
const SUCCEEDED = /^(ok|succ\w*|2(\.\.|\.\*|xx)|true)$/i;

/** The first rule that holds decides. */
const RULES: readonly Rule[] = [
  when('availability', ({ functions }) => functions.has('Absent') || functions.has('AbsentOverTime')),
  when('other', ({ above }) => above.length === 0),
  when('other', (facts) =>
    facts.has(/\b(expir\w*|expiry|cert|certificates?|build info|generation|timex|ntp|version)\b/),
  ),
  when('availability', (facts) => facts.has(/\b(start time|last seen|boot time)\b/)),
  when('other', ({ functions }) => functions.has('Time')),
  when('availability', (facts) =>
    facts.has(/\bup$|\b(probe success|status condition|status phase|waiting reason)\b/),
  ),
  when('latency', isShareOfSlow),
  when('errors', isShareOfFailed),
  when('traffic', isAgainstItself),
  when('latency', isMeanTime),
  when('latency', (facts) => facts.functions.has('HistogramQuantile') && facts.has(TIME)),
  when('saturation', (facts) => facts.has(/\b(horizontalpodautoscaler|throttled|oom|evict\w*|eventloop)\b/)),
  when('errors', (facts) => facts.has(FAILURE_WORDS)),
  when('latency', (facts) => facts.has(SLOW_WORDS) && !facts.has(/\bcpu\b/)),
  when('availability', (facts) => facts.has(AVAILABILITY_WORDS)),
  when(
    'availability',
    ({ isNearNothing, isRate, below, functions }) =>
      isNearNothing && !isRate && below.length === 0 && !functions.has('PredictLinear'),
  ),
  when('saturation', (facts) => facts.functions.has('PredictLinear') || facts.has(SATURATION_WORDS)),
  when('latency', (facts) => facts.has(/\b(requests?|quer(y|ies)|calls?) (milli|micro)?seconds (max|sum)\b/)),
  when('traffic', (facts) => facts.isRate && facts.above.length > 0),
  when('traffic', (facts) => facts.has(/\b(rate\d+[smh]|rps|qps|requests per second)\b/)),
];

const TIME = /\b(seconds|milliseconds|ms|duration|latency|time|micros\w*|nanos\w*)\b/;
const SLOW_WORDS =
  /\b(latency|latencies|slow|duration|response time|round trip|time average|seconds behind|lag seconds|replication lag|oldest|total time|quantile|\d+quantile|p(50|9\d+))\b/;
const FAILURE_WORDS =
  /\b(errors?|errs|error ratio|fail\w*|rejected|deadlocks?|panics?|exceptions?|drop(s|ped)|discarded|aborted|burn ?rate\w*|sli error|unsuccessful|success\w*|5 ?xx)\b(?! status)/;
const AVAILABILITY_WORDS =
  /\b(restarts?|replicas|unhealthy|health status|health|quorum|leader|members?|taint|(?<!messages )ready|online|alive|reachable)\b/;
const SATURATION_WORDS =
  /\bbytes( total)?$|\b(cpu|memory|mem|filesystem|inodes?|disk|volume|quota|resourcequota|connections?|connected|numbackends|threads?|pool|queue|backlog|messages|lag|goroutines|fds|file descriptors|heap|gc|load\d*|limits?|capacity|concurren\w*|utili[sz]ation|usage|used|pending|saturation|bytes used|conntrack|activity count)\b/;

/** Fewer requests than all were fast enough: `x_bucket{le="0.3"}` of `x_count`. */
function isShareOfSlow({ above, below }: Facts): boolean {
  const isBounded = above.some(
    ({ name, matchers }) => name.endsWith('_bucket') && matchers.some(({ label }) => label === 'le'),
  );
  return isBounded && below.some(({ name }) => name.endsWith('_count') || name.endsWith('_bucket'));
}

/** A label says that failures, or all but successes, are counted; of a ratio also that successes are. */
function isShareOfFailed({ above, below, isRate }: Facts): boolean {
  const matchers = above.flatMap((metric) => metric.matchers).filter(({ label }) => OUTCOME.test(label));
  return matchers.some(({ isNegative, value }) =>
    isNegative
      ? SUCCEEDED.test(value) || (below.length > 0 && FAILED.test(value))
      : FAILED.test(value) || (isRate && below.length > 0 && SUCCEEDED.test(value)),
  );
}

const OUTCOME = /(code|status|outcome|result|class|error|success|reason|rcode|phase|state|type)$/i;

/** Requests now of requests before. */
function isAgainstItself({ above, below }: Facts): boolean {
  const [now, before] = [above[0], below[0]];
  const isOneOfEach = above.length === 1 && below.length === 1;
  return isOneOfEach && JSON.stringify(now) === JSON.stringify(before);
}

/** A time of so many of something: `x_seconds_sum` of `x_seconds_count`. */
function isMeanTime({ above, below }: Facts): boolean {
  const [sum, number] = [above[0]?.name ?? '', below[0]?.name ?? ''];
  const isSum = sum.endsWith('_sum') && number === sum.replace(/_sum$/, '_count');
  const isTimeOfMany = /_time_(milli)?seconds(_total)?$/.test(sum) && /_(total|count)$/.test(number);
  return (isSum && TIME.test(wordsOf(sum))) || isTimeOfMany;
}

function wordsOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ');
}

function metricsIn(node: SyntaxNode, text: string): Metric[] {
  return [node, ...descendants(node)]
    .filter(({ name }) => name === 'VectorSelector')
    .map((selector) => {
      const read = (one: SyntaxNode): string => text.slice(one.from, one.to);
      const matchers = descendants(selector)
        .filter(({ name }) => name === 'UnquotedLabelMatcher' || name === 'QuotedLabelMatcher')
        .map((matcher) => ({
          label: read(matcher.firstChild!).replace(/^["']|["']$/g, ''),
          isNegative: read(matcher.getChild('MatchOp')!).startsWith('!'),
          value: read(matcher.lastChild!).slice(1, -1),
        }));
      const own = selector.getChild('Identifier');
      const named = matchers.find(({ label, isNegative }) => label === '__name__' && !isNegative);
      return { name: own ? read(own) : (named?.value ?? ''), matchers };
    });
}

/** All that is inside a node. By a cursor, for what strangers send may be nested deeply. */
function descendants(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  node.cursor().iterate((one) => {
    if (one.from !== node.from || one.to !== node.to || one.name !== node.name) found.push(one.node);
  });
  return found;
}
