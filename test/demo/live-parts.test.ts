import assert from 'node:assert/strict';
import { countdown } from '../../workers/demo/countdown.js';
import { untilCalm } from '../../workers/demo/calm.js';
import { incidentSince, judge } from '../../workers/demo/present.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { aRecord, aRow, fakeIncidents } from '../support/fake-incidents.js';
import { fakeTerminal } from '../support/terminal.js';

const NEVER = new AbortController().signal;

describe('the wait for a calm shop', () => {
  /** Each look takes ten seconds; `looks` is what was wrong at each, then nothing. */
  async function wait(looks: string[][], patienceSeconds = 1_000) {
    let time = 0;
    const reports: [number, number][] = [];
    await untilCalm({
      disturbances: () => Promise.resolve(looks.shift() ?? []),
      calmSeconds: 30,
      patienceSeconds,
      report: (left, wrong) => {
        reports.push([left, wrong.length]);
        time += 10;
      },
      signal: NEVER,
      now: () => time,
      everyMilliseconds: 0,
    });
    return { time, reports };
  }

  it('counts down while nothing is wrong', async () => {
    const { time, reports } = await wait([]);
    assert.equal(time, 30);
    assert.deepEqual(reports, [
      [30, 0],
      [20, 0],
      [10, 0],
    ]);
  });

  it('begins again when an alert fires, however long it has waited', async () => {
    const { time } = await wait([[], [], ['alert Slow'], ['alert Slow']]);
    assert.equal(time, 60);
  });

  it('gives up and names what fires', async () => {
    const always = Array.from({ length: 100 }, () => ['alert Slow']);
    await assert.rejects(wait(always, 100), /nothing was injected: .* within 100 s \(alert Slow\)/);
  });
});

describe('the incident of a demo', () => {
  it('is one that was opened after the fault was injected', async () => {
    const incidents = fakeIncidents({
      list: (filters, { limit }) => {
        const rows = [
          aRow({ id: 'incident/old/1', openedAt: 100 }),
          aRow({ id: 'incident/new/2', openedAt: 200 }),
        ];
        const since = filters.since ?? 0;
        const fitting = rows.filter(({ openedAt }) => openedAt >= since).slice(0, limit);
        return Promise.resolve({ incidents: fitting, more: false });
      },
    });
    const opened = (since: number) => ({ environment: 'shop', since, timeoutSeconds: 0 });
    assert.equal(await incidentSince(incidents, opened(150), NEVER), 'incident/new/2');
    await assert.rejects(incidentSince(incidents, opened(300), NEVER), /no incident was opened within 0 s/);
  });

  it('is judged right only when service and kind of fault are', () => {
    const log = console.log;
    const printed: string[] = [];
    console.log = (line: string) => void printed.push(line);
    try {
      const record = aRecord({ diagnosis: aDiagnosis({ level: 'suspected' }) });
      const { service, faultKind } = record.diagnosis!.verdict;
      const fault = { service: service!, kind: faultKind, description: 'slow' };
      assert.equal(judge(fault, record), true);
      assert.equal(judge({ ...fault, kind: 'disk' }, record), false);
      assert.equal(judge({ ...fault, service: 'bank' }, record), false);
      assert.equal(judge(fault, aRecord({ diagnosis: null })), false);
    } finally {
      console.log = log;
    }
    const conclusions = printed.filter((line) => /right|wrong/.test(line));
    assert.equal(conclusions.length, 4);
    assert.match(conclusions[0]!, /The diagnosis is right\./);
    assert.match(conclusions[1]!, /The service is right; the fault type is wrong\./);
    assert.match(conclusions[2]!, /The diagnosis is wrong\./);
  });
});

describe('a countdown', () => {
  it('is a line in half a minute where it cannot be drawn over', () => {
    let time = 0;
    const { stream, text } = fakeTerminal();
    const line = countdown(stream, () => time);
    for (; time < 65; time += 5) line.show(`${time} s`);
    line.end();
    assert.equal(text(), '0 s\n30 s\n60 s\n');
  });
});
