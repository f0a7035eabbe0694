import assert from 'node:assert/strict';
import { diagnose } from '../../analysis/index.js';
import type { DiagnosisInput } from '../../analysis/input.js';
import { buildCallGraph } from '../../analysis/graph/call-graph.js';
import { aboutOf, type About } from '../../analysis/logs/about.js';
import type { Diagnosis, Evidence } from '../../model/diagnosis.js';
import type { LogLine } from '../../analysis/logs/line.js';
import { counted } from '../support/log-lines.js';
import { ALERT_TIME, estate } from '../support/estate.js';

const { input, names } = estate({ seed: 58, faults: [{ service: 5, trouble: 'errors' }] });
const cause = names[5]!;
const bystander = names[9]!;

/** Lines `every` so many seconds in [from, until), seconds after the alert. */
function lines(
  service: string,
  message: string | ((index: number) => string),
  {
    every = 5,
    from = 0,
    until = 300,
    level = 'error',
  }: { every?: number; from?: number; until?: number; level?: LogLine['level'] } = {},
): LogLine[] {
  const count = Math.floor((until - from) / every);
  return Array.from({ length: count }, (_, index) => ({
    time: ALERT_TIME + from + index * every,
    service,
    level,
    message: typeof message === 'string' ? message : message(index),
  }));
}

/** Every service tells that it lives, from the window's start on: so the calm of the logs is known. */
const heartbeats = names.flatMap((name) =>
  lines(name, 'served 12 requests', { from: -1800, every: 60, level: 'info' }),
);

function withLogs(added: LogLine[], given: DiagnosisInput = input): Diagnosis {
  return diagnose({ ...given, logs: counted([...heartbeats, ...added], names) });
}

function logsIn(result: Diagnosis, service: string): Evidence[] {
  const suspect = result.suspects.find((one) => one.service === service);
  return (suspect?.evidence ?? []).filter(({ kind }) => kind === 'log');
}

function scoreOf(result: Diagnosis, service: string): number {
  return result.ranking.find((one) => one.service === service)!.score;
}

describe('error lines', () => {
  it('speak for the service that writes new ones, with what they say and how many they are', () => {
    const result = withLogs(lines(cause, (index) => `panic: order ${index} has no price`));
    const [told, ...more] = logsIn(result, cause);
    assert.match(
      told!.statement,
      /rose from 0 to 12 a minute, mostly lines such as "panic: order 0 has no price"/u,
    );
    assert.equal(more.length, 0, 'lines count once');
    assert.ok(scoreOf(result, cause) > scoreOf(diagnose(input), cause));
  });

  it('say nothing when the service always writes as many', () => {
    const usual = lines(bystander, 'cache miss is an error here', { from: -1800 });
    assert.deepEqual(logsIn(withLogs(usual), bystander), []);
    assert.equal(scoreOf(withLogs(usual), bystander), scoreOf(diagnose(input), bystander));
  });

  it('speak when the rate of known lines jumps', () => {
    const usual = lines(cause, 'card was declined', { from: -1800, every: 30 });
    const more = lines(cause, 'card was declined', { every: 1 });
    assert.match(logsIn(withLogs([...usual, ...more]), cause)[0]!.statement, /^Error lines of/u);
  });

  it('of a new kind are heard amid a crowd of old ones', () => {
    const crowd = lines(cause, (index) => `card ${index} was declined`, { from: -1800, every: 0.5 });
    const few = lines(cause, 'nil dereference in applyVoucher', { every: 10 });
    assert.deepEqual(logsIn(withLogs(crowd), cause), []);
    assert.match(logsIn(withLogs([...crowd, ...few]), cause)[0]!.statement, /^New kinds of error lines/u);
  });

  it('of a service that always writes something new are not strange for being new', () => {
    const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heath'];
    const novel = (index: number): string =>
      `${words[index % 8]!} ${words[Math.floor(index / 8) % 8]!} ${words[Math.floor(index / 64) % 8]!}`;
    const chatter = lines(bystander, novel, { from: -1800 });
    assert.deepEqual(logsIn(withLogs(chatter), bystander), []);
  });

  it('point to the service that they name, and not to their writer', () => {
    const caller = input.graph.edges.find(({ callee }) => callee === cause)!.caller;
    const result = withLogs(lines(caller, `call to http://${cause}:8080/price failed: connection refused`));
    assert.match(logsIn(result, cause)[0]!.statement, new RegExp(`and mention ${cause}`, 'u'));
    assert.deepEqual(logsIn(result, caller), []);
    const kinds = result.suspects.find(({ service }) => service === cause)!.faultKinds;
    assert.ok(kinds.some(({ kind }) => kind === 'dependency-down'));
  });

  it('name the kind of fault by their words', () => {
    const caller = input.graph.edges.find(({ callee }) => callee === cause)!.caller;
    const votesOf = (service: string, text: string): Map<string, number> =>
      new Map(
        withLogs(lines(service, text))
          .suspects.find((one) => one.service === service || one.service === cause)
          ?.faultKinds.map(({ kind, probability }) => [kind, probability]),
      );
    for (const [kind, service, text] of [
      ['certificate', caller, `call to http://${cause}:8080/price failed: x509: certificate has expired`],
      ['quota', cause, 'pod was refused: exceeded quota: compute'],
      ['routing', cause, 'getaddrinfo ENOTFOUND price.internal'],
    ] as const)
      assert.ok(
        (votesOf(service, text).get(kind) ?? 0) > 0.1,
        `${kind}: ${JSON.stringify([...votesOf(service, text)])}`,
      );
    const before = votesOf(cause, 'could not serve').get('code-change') ?? 0;
    const defect = votesOf(cause, "TypeError: Cannot read properties of undefined (reading 'id')");
    assert.ok(defect.get('code-change')! > before, `${defect.get('code-change')} against ${before}`);
  });

  it('of many callers about one service are one observation', () => {
    const about = (service: string): LogLine[] => lines(service, `upstream ${cause} timed out`);
    const one = withLogs(about(names[1]!));
    const two = withLogs([...about(names[1]!), ...about(names[2]!)]);
    assert.equal(scoreOf(two, cause), scoreOf(one, cause));
    assert.match(logsIn(two, cause)[0]!.statement, new RegExp(`as do those of ${names[2]!}`, 'u'));
  });

  it('find what no series shows, and confirm nothing', () => {
    const healthy = estate({ seed: 58 }).input;
    const result = withLogs(lines(cause, 'nil dereference in applyVoucher', { every: 1 }), healthy);
    assert.equal(result.ranking[0]?.service, cause);
    assert.notEqual(result.verdict.level, 'confirmed');
    assert.equal(withLogs([], healthy).verdict.level, 'inconclusive');
  });

  it('say nothing when no calm of them is known', () => {
    const late = lines(cause, 'nil dereference in applyVoucher');
    const without = diagnose(input);
    const result = diagnose({ ...input, logs: counted(late, names) });
    assert.deepEqual(result.ranking, without.ranking);
  });

  it('give the same whatever their order', () => {
    const mixed = [
      ...heartbeats,
      ...lines(cause, 'panic'),
      ...lines(names[1]!, `upstream ${cause} timed out`),
    ];
    const forth = diagnose({ ...input, logs: counted(mixed, names) });
    const back = diagnose({ ...input, logs: counted(mixed.toReversed(), names) });
    assert.equal(JSON.stringify(back), JSON.stringify(forth));
  });
});

describe('whom a line is about', () => {
  const learntFrom = { source: 'test', seenAt: null };
  const graph = buildCallGraph(
    {
      services: ['web', 'orders', 'price-db', 'mail'],
      edges: [
        { caller: 'web', callee: 'orders', learntFrom },
        { caller: 'orders', callee: 'price-db', learntFrom },
      ],
      placements: [],
      external: [],
    },
    [],
  );
  const number = (name: string): number => graph.indexOf.get(name)!;
  const about = (writer: string, message: string): About => aboutOf(message, number(writer), graph);

  it('is its writer when it names nobody and no call', () => {
    assert.equal(about('web', 'nil dereference in applyVoucher'), 'itself');
  });

  it('is some call when it tells of one and not whose', () => {
    assert.equal(about('web', 'upstream request timeout'), 'a-call');
    assert.equal(about('web', 'connect ECONNREFUSED 10.2.3.4:5432'), 'a-call');
  });

  it('is the callee that it names, in whatever form hosts are written', () => {
    for (const host of [
      'http://price-db:5432/q',
      'price-db.shop.svc.cluster.local',
      '"price-db"',
      'price-db',
    ])
      assert.equal(about('orders', `dial ${host} failed`), number('price-db'), host);
  });

  it('is the farthest on the way that it names', () => {
    assert.equal(about('web', 'call to orders failed: price-db refused'), number('price-db'));
  });

  it('is no service whose name is an ordinary word in it', () => {
    assert.equal(about('web', 'could not sort orders of customer 7'), 'itself');
    assert.equal(about('web', 'call to orders failed'), number('orders'));
    assert.equal(about('web', 'orders returned 503'), number('orders'));
  });

  it('is the callee that a wrapped error names between colons', () => {
    assert.equal(about('web', 'POST /buy failed: orders: certificate has expired'), number('orders'));
    assert.equal(about('web', 'orders: no answer'), number('orders'));
    assert.equal(about('web', 'orders answered 500'), number('orders'));
    assert.equal(about('mail', 'POST /buy failed: orders: nothing to send'), 'itself');
  });

  it('is not the caller that asked', () => {
    assert.equal(about('orders', 'cannot answer request from web'), 'itself');
  });

  it('is nobody whose name cannot be looked up', () => {
    assert.equal(about('orders', 'lookup price-db: no such host'), 'a-call');
  });
});
