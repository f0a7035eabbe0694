import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examineTraces } from '../../workers/doctor/traces.js';
import type { Finding } from '../../workers/doctor.js';
import { testConfig } from '../support/scopes.js';

describe('what the doctor says of sources of traces', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-doctor-traces-'));
  });
  after(() => rm(directory, { recursive: true }));

  /** A file with a span of each service, `minutes` ago; in one trace or each in its own. */
  async function fileOf(
    services: string[],
    { minutes, isOneTrace }: { minutes: number; isOneTrace: boolean },
  ) {
    const file = join(directory, `${services.join()}-${minutes}-${isOneTrace}.json`);
    const start = BigInt(Date.now() - minutes * 60_000) * 1_000_000n;
    const resourceSpans = services.map((service, i) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: (isOneTrace ? 1 : i + 1).toString(16).padStart(32, '0'),
              spanId: (i + 1).toString(16).padStart(16, '0'),
              name: 'GET /',
              startTimeUnixNano: String(start),
              endTimeUnixNano: String(start),
            },
          ],
        },
      ],
    }));
    await writeFile(file, JSON.stringify({ resourceSpans }));
    return file;
  }
  const examined = async (source: object): Promise<Finding> =>
    (await examineTraces(testConfig({ traces: [{ name: 'spans', ...source }] }).traces))[0]!;

  it('is how many services there are, and that their traces lead from one to the next', async () => {
    const file = await fileOf(['front', 'cart'], { minutes: 2, isOneTrace: true });
    const finding = await examined({ type: 'otlp-file', file });
    assert.deepEqual([finding.area, finding.subject, finding.status], ['traces', "source 'spans'", 'ok']);
    assert.match(finding.seen, /^2 services; 100 % of 1 trace of 2 of them in the last 15 min/u);
  });

  it('is a warning where no trace leads through several services', async () => {
    const file = await fileOf(['front', 'cart'], { minutes: 2, isOneTrace: false });
    const { status, remedy } = await examined({ type: 'otlp-file', file });
    assert.equal(status, 'warning');
    assert.match(remedy!, /hand on the trace context/u);
  });

  it('is a warning where nothing came lately', async () => {
    const file = await fileOf(['front', 'cart'], { minutes: 40, isOneTrace: true });
    const { status, seen } = await examined({ type: 'otlp-file', file });
    assert.equal(status, 'warning');
    assert.match(seen, /has no trace of 0 services in the last 15 min/u);
  });

  it('is a failure where it does not answer, with the setting to check', async () => {
    const { status, seen, remedy } = await examined({ type: 'jaeger', url: 'http://127.0.0.1:9' });
    assert.equal(status, 'failed');
    assert.match(seen, /connection refused/u);
    assert.equal(remedy, 'check traces[0]: address and the network to it');
  });
});
