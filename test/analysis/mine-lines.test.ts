import assert from 'node:assert/strict';
import type { LogLine } from '../../analysis/logs/line.js';
import { levelOf, readLine } from '../../analysis/logs/line.js';
import { mineLines, OTHER_LINES } from '../../analysis/logs/mine.js';
import { countingStep, coverageOf, momentSeconds } from '../../analysis/logs/step.js';
import { joinedLogs, type LogTable } from '../../model/telemetry.js';

const line = (time: number, message: string, more: Partial<LogLine> = {}): LogLine => ({
  time,
  service: 'cart',
  level: 'info',
  message,
  ...more,
});

const totalOf = ({ lines }: LogTable): number => lines.reduce((sum, count) => sum + count, 0);

/** Rows as `template at time: lines`. */
function rowsOf(table: LogTable): string[] {
  return [...table.kind].map(
    (kind, row) => `${table.kinds[kind]!.template} at ${table.time[row]!}: ${table.lines[row]!}`,
  );
}

describe('mined lines', () => {
  it('are counted by kind and step, without numbers and ids', () => {
    const table = mineLines(
      [
        line(101, 'served 12 requests'),
        line(104.9, 'served 99 requests'),
        line(105, 'served 7 requests'),
        line(106, 'session 4754845f-de3a-4a8a-8efe-ae49c876353e closed', { count: 3 }),
      ],
      { stepSeconds: 5 },
    );
    assert.deepEqual(rowsOf(table), [
      'served <n> requests at 100: 2',
      'served <n> requests at 105: 1',
      'session <id> closed at 105: 3',
    ]);
    assert.equal(table.kinds[0]!.example, 'served 12 requests');
  });

  it('are of other kinds when the service, the level or a service that they name differs', () => {
    const lines = [
      line(1, 'call of stock failed in 3 ms'),
      line(1, 'call of price failed in 3 ms'),
      line(1, 'call of stock failed in 3 ms', { level: 'error' }),
      line(1, 'call of stock failed in 3 ms', { service: 'web' }),
    ];
    assert.equal(mineLines(lines, { stepSeconds: 1, services: ['stock', 'price'] }).kinds.length, 4);
  });

  it('beyond the kinds that are told apart are counted together, and none is lost', () => {
    const words = Array.from({ length: 50 }, (_, at) => String.fromCharCode(97 + (at % 26)).repeat(3 + at));
    const table = mineLines(
      words.map((word, at) => line(at, `${word} ${word} ${word}`)),
      { stepSeconds: 10, maxKinds: 20 },
    );
    assert.equal(table.kinds.length, 21);
    assert.equal(totalOf(table), 50);
    const other = table.kinds.findIndex(({ template }) => template === OTHER_LINES);
    assert.equal(
      table.lines.reduce((sum, count, row) => sum + (table.kind[row] === other ? count : 0), 0),
      30,
    );
  });

  it('cost no more when a service writes more of the same', () => {
    const flood = (count: number): LogTable =>
      mineLines(
        Array.from({ length: count }, (_, at) =>
          line((at * 600) / count, `user ${at} added ${at % 7} items`),
        ),
        { stepSeconds: 10 },
      );
    const [some, many] = [flood(2_000), flood(20_000)];
    assert.equal(some.kinds.length, 1);
    assert.equal(many.kinds.length, 1);
    assert.equal(many.time.length, some.time.length);
    assert.equal(totalOf(many), 20_000);
  });

  it('give the same whatever their order', () => {
    const lines = Array.from({ length: 60 }, (_, at) =>
      line(at % 7, `user ${'abc'[at % 3]!} did ${'xyz'[at % 3]!}`),
    );
    const forth = mineLines(lines, { stepSeconds: 1 });
    assert.deepEqual(mineLines(lines.toReversed(), { stepSeconds: 1 }), forth);
  });

  it('of several sources are one table with the coarser step', () => {
    const fine = mineLines([line(11, 'a'), line(17, 'a')], { stepSeconds: 5 });
    const coarse = mineLines([line(25, 'b', { service: 'web' })], { stepSeconds: 10 });
    const both = joinedLogs([fine, coarse])!;
    assert.equal(both.stepSeconds, 10);
    assert.deepEqual(rowsOf(both), ['a at 10: 1', 'a at 10: 1', 'b at 20: 1']);
    assert.equal(joinedLogs([]), null);
  });

  it('cover the time that most lines are of', () => {
    const lines = [
      line(-5_000, 'a clock is off'),
      ...Array.from({ length: 999 }, (_, at) => line(at, 'tick')),
    ];
    assert.deepEqual(coverageOf(mineLines(lines, { stepSeconds: 10 })), { from: 0, to: 1_000 });
  });
});

describe('the step of counting', () => {
  it('lets moments be told apart and is no finer', () => {
    assert.equal(countingStep(3_600, 600), 10);
    assert.equal(countingStep(3_600, 120), 5);
    assert.equal(countingStep(100, 75), 2);
    assert.equal(countingStep(10, 10), 1);
    assert.equal(momentSeconds(100, 75), 3.75);
  });
});

describe('a line', () => {
  it('of JSON says its message and its plain fields, at its level', () => {
    assert.deepEqual(readLine('{"severity":"ERROR","msg":"no price","order":7,"at":{"x":1},"time":"now"}'), {
      level: 'error',
      message: 'no price order=7',
    });
  });

  it('of JSON that was cut off says its message', () => {
    assert.deepEqual(readLine('{"level":"warn","message":"slow \\"query\\"","rest":"abc'), {
      level: 'warn',
      message: 'slow \\"query\\"',
    });
  });

  it('of text may hold its level', () => {
    assert.equal(readLine('2026-01-02 12:00:01 ERROR no price').level, 'error');
    assert.equal(readLine('ts=1 level=debug msg=x').level, 'debug');
    assert.equal(readLine('listening on port 80').level, 'unknown');
  });

  it('may have a level of syslog', () => {
    assert.deepEqual(['0', '3', '4', '6', '7', '8'].map(levelOf), [
      'error',
      'error',
      'warn',
      'info',
      'debug',
      'unknown',
    ]);
  });
});
