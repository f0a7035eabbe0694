import assert from 'node:assert/strict';
import type { IncidentRecord } from '../../model/incident.js';
import { briefOf } from '../../report/brief.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { excerptOf } from '../../activities/analyse/excerpt.js';
import { SAMPLES } from '../support/records.js';

const PAGE = 'https://jaeger.example.com/trace/4bf92f3577b34da6a3ce929d0e0e4736';

function withTraces(): IncidentRecord {
  const record = SAMPLES['suspected pool saturation']();
  record.diagnosis!.traces = [
    {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      page: PAGE,
      request: 'POST /pay of checkout',
      statement: '1.8 s, of which payment 1.6 s (usually 210 ms)',
    },
    {
      traceId: 'a3ce929d0e0e47364bf92f3577b34da6',
      page: null,
      request: 'POST /pay of checkout',
      statement: 'failed after 40 ms, at Charge of payment',
    },
  ];
  return record;
}

describe('traces to look at', () => {
  it('stand in a summary with what is to be seen in each, as a link or by their id', () => {
    const markdown = renderMarkdown(withTraces());
    assert.ok(
      markdown.includes(`1.8 s, of which payment 1.6 s (usually 210 ms), [trace](<${PAGE}>)`),
      markdown,
    );
    assert.match(markdown, /failed after 40 ms, at Charge of payment, `a3ce929d0e0e47364bf92f3577b34da6`/u);
    const terminal = renderTerminal(withTraces(), { width: 100, color: false });
    assert.ok(terminal.includes(PAGE) && terminal.includes('of which payment 1.6 s'));
  });

  it('are links of the short form, beside those of the alert', () => {
    const record = withTraces();
    record.links = Array.from({ length: 9 }, (_, i) => ({
      title: `Link ${i}`,
      url: `https://links.example/${i}`,
    }));
    const { links } = briefOf(record);
    assert.equal(links.length, 6);
    assert.deepEqual(links.at(-1), {
      title: 'Trace: 1.8 s, of which payment 1.6 s (usually 210 ms)',
      url: PAGE,
    });
  });

  it('are part of what a workflow keeps of a diagnosis', () => {
    assert.deepEqual(excerptOf(withTraces().diagnosis!).traces, withTraces().diagnosis!.traces);
  });
});
