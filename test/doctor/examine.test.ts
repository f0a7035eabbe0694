import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportedChangesIn } from '../../activities/collect/changes/reported-changes.js';
import { BadCredentials, SourceUnavailable } from '../../activities/collect/metrics/source/errors.js';
import type { Health, MetricsSource } from '../../activities/collect/metrics/source/source.js';
import { openBlobs } from '../../activities/record/open-store.js';

import { examine, type DoctorOptions, type Finding } from '../../workers/doctor.js';
import type { Survey, SurveyedService } from '../../activities/collect/scope/survey.js';
import { recordedMetrics } from '../../workers/demo/recorded-incident.js';
import { openMetrics } from '../../workers/doctor/open-metrics.js';
import { loadConfig } from '../../config/load.js';
import { configSchema } from '../../config/schema.js';
import { examineSources } from '../../workers/doctor/metrics.js';
import { testServer } from '../support/dev-server.js';
import { FakeSource } from '../support/fake-source.js';

const ASKED = { operation: 'build info', endpoint: 'http://127.0.0.1:9/api/v1/status/buildinfo' };

/** A source of which only the health matters. */
function source(health: () => Promise<Health>): MetricsSource {
  const unasked = (): never => {
    throw new Error('the doctor asks for health and names only');
  };
  return {
    name: 'prometheus',
    instant: unasked,
    range: unasked,
    metricNames: () => Promise.resolve(new Set<string>()),
    health,
    close: () => undefined,
  };
}

const METRICS_IN_ENVIRONMENT = {
  FAULTLINE__METRICS__TYPE: 'prometheus',
  FAULTLINE__METRICS__URL: 'http://127.0.0.1:9',
};

const healthy = (): Promise<Health> => Promise.resolve({ product: 'Prometheus', version: '3.5.0' });

const serviceWith = (
  signal: SurveyedService['signals'][number]['signal'],
  served: boolean,
): SurveyedService => ({
  name: 'orders',
  signals: [{ signal, name: signal, served, pack: 'p', query: 'q' }],
  calls: [],
  calledBy: [],
  slices: [],
  faults: { told: [], untold: [] },
});

/** What the doctor finds where all is well. */
const READ: Survey = {
  packs: ['otel-http'],
  sources: [],
  services: [serviceWith('latency', true)],
  calls: [{ caller: 'orders', callee: 'payment', learntFrom: { source: 'pack otel-http', seenAt: 1 } }],
  labels: [{ role: 'namespace', label: 'k8s_namespace_name', values: 2 }],
  gaps: [],
};

const LABELS_SEEN =
  'no label for cluster, namespace by k8s_namespace_name (2 values), no label for region, no label for version, no label for pod';

describe('the doctor', () => {
  let folder: string;
  let server: { address: string; namespace: string };

  before(async function () {
    this.timeout(200_000);
    server = await testServer();
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-doctor-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function look(
    yaml: string,
    metrics: Partial<{ health: () => Promise<Health>; survey: Survey; watched: number }> = {},
  ) {
    await writeFile(join(folder, 'faultline.yml'), yaml);
    const options: DoctorOptions = {
      cwd: folder,
      env: {},
      server,
      openMetrics: () =>
        Promise.resolve({
          source: source(metrics.health ?? healthy),
          survey: () => Promise.resolve(metrics.survey ?? READ),
          watchedSeries: () => Promise.resolve(metrics.watched ?? 1),
        }),
    };
    const findings = await examine(options);
    return (area: Finding['area']): Finding[] => findings.filter((finding) => finding.area === area);
  }

  const minimal = 'metrics: { type: prometheus, url: "http://127.0.0.1:9" }\n';

  it('says of a watch whether there is anything to watch', async () => {
    const watch =
      'watches: [{ name: slow, of: { type: query, query: up }, method: { type: threshold, below: 1 } }]\n';
    const told = async (watched: number) => (await look(minimal + watch, { watched }))('watches')[0]!;
    assert.equal((await told(3)).seen, 'reads 3 series');
    const { subject, status, remedy } = await told(0);
    assert.equal(subject, "watch 'slow'");
    assert.equal(status, 'warning');
    assert.match(remedy!, /check watches\[0\]\.of/);
  });

  it('says of a source that it refuses POST', async () => {
    const health = (): Promise<Health> =>
      Promise.resolve({ product: 'Prometheus', version: '3.5.0', queryMethod: 'GET' });
    const [answers] = (await look(minimal, { health }))('metrics');
    assert.equal(answers?.seen, 'Prometheus 3.5.0 answers; it refuses POST, so it is asked by GET');
  });

  it('looks at every part, in the order in which they are told', async () => {
    const of = await look(minimal);
    assert.match(of('configuration')[0]!.seen, /^valid; environment 'default'/);
    assert.deepEqual(
      of('temporal').map(({ subject }) => subject.split(' ')[0]),
      ['server', 'namespace', 'search', 'workers'],
    );
    assert.deepEqual(
      of('metrics').map(({ seen }) => seen),
      [
        'Prometheus 3.5.0 answers',
        'otel-http: latency of 1, errors of 0, traffic of 0 services',
        '1 call between services is known',
        LABELS_SEEN,
      ],
    );
    assert.match(of('sinks')[0]!.seen, /summaries go to files only/);
    assert.match(of('store')[0]!.seen, /^id [0-9a-f]{8}: objects can be written/);
  });

  it('tells every problem of a broken configuration with its line, and still looks at Temporal', async () => {
    const of = await look('metrics:\n  type: prometheus\n  url: nowhere\nunknwon: 1\n');
    const problems = of('configuration');
    assert.ok(problems.length >= 2);
    assert.ok(problems.every(({ status, remedy }) => status === 'failed' && remedy !== null));
    assert.ok(problems.some(({ subject }) => subject === 'faultline.yml:3 metrics.url'));
    assert.equal(of('temporal').length, 4);
    assert.equal(of('metrics').length, 0);
  });

  it('warns of what is open to the network although it is allowed, and fails where it is not', async () => {
    const open = 'host: 0.0.0.0, allowUnauthenticated: true';
    const of = await look(`${minimal}webhook: { ${open} }\n`);
    const [, warned] = of('configuration');
    assert.deepEqual([warned?.subject, warned?.status], ['webhook.auth', 'warning']);
    assert.match(warned!.seen, /^anyone who reaches 0\.0\.0\.0 may raise incidents as Alertmanager$/);
    const auth = '{ type: bearer, tokens: [long-enough] }';
    const closed = await look(`${minimal}webhook: { host: 0.0.0.0, auth: ${auth} }\n`);
    assert.equal(closed('configuration').length, 1);
    const refused = await look(`${minimal}webhook: { host: 0.0.0.0 }\n`);
    assert.equal(refused('configuration')[0]?.status, 'failed');
  });

  it('lists the sources of alerts, and warns of one that asks nobody who posts', async () => {
    const sources = '{ pagerduty: { secrets: [long-enough] }, datadog: { auth: { type: none } } }';
    const webhook = `{ host: 0.0.0.0, allowUnauthenticated: true, auth: { type: bearer, tokens: [long-enough] }, sources: ${sources} }`;
    const of = await look(`${minimal}webhook: ${webhook}\n`);
    const [file, ...warnings] = of('configuration');
    assert.match(file!.seen, /alerts from Alertmanager, PagerDuty, Datadog, 0 sinks/);
    assert.deepEqual(
      warnings.map(({ subject }) => subject),
      ['webhook.sources.datadog.auth'],
    );
  });

  it('says what to do about a metrics source that is away, refuses us or holds nothing we know', async () => {
    const away = await look(minimal, {
      health: () => Promise.reject(new SourceUnavailable(ASKED, 'connection refused')),
    });
    assert.equal(away('metrics').length, 1);
    assert.match(away('metrics')[0]!.remedy ?? '', /check metrics\.url and the network/);

    const refused = await look(minimal, { health: () => Promise.reject(new BadCredentials(ASKED, '401')) });
    assert.match(refused('metrics')[0]!.remedy ?? '', /metrics\.auth/);

    const nothing = { packs: [], sources: [], services: [], calls: [], labels: [], gaps: [] };
    const unknown = await look(minimal, { survey: nothing });
    assert.equal(unknown('metrics')[1]?.status, 'failed');
    assert.match(unknown('metrics')[1]!.remedy ?? '', /packs\.files/);

    const resources = await look(minimal, {
      survey: { ...nothing, packs: ['process'], services: [serviceWith('cpu', false)] },
    });
    assert.equal(resources('metrics')[1]?.status, 'failed');
    assert.match(
      resources('metrics')[1]!.seen,
      /^process matches .* but latency, errors or traffic of no service is read$/,
    );
  });

  it('looks at each of several sources by its name, and takes one without services for one of hosts', async () => {
    const names = ['eu', 'hosts', 'gone'];
    const parts = names.map((name) => {
      const away = (): Promise<Health> => Promise.reject(new SourceUnavailable(ASKED, 'connection refused'));
      return { ...source(name === 'gone' ? away : healthy), name };
    });
    const config = configSchema.parse({
      metrics: names.map((name) => ({ type: 'prometheus', name, url: `http://${name}:9090` })),
    });
    const broken = { source: 'catalogue', what: 'calls declared in a.yaml', reason: 'document 1: kind' };
    const findings = await examineSources(config.metrics, {
      source: { ...source(healthy), parts },
      survey: ({ name }) =>
        Promise.resolve(
          name === 'eu' ? { ...READ, gaps: [broken] } : { ...READ, services: [], gaps: [broken] },
        ),
      watchedSeries: () => Promise.resolve(0),
    });
    assert.deepEqual(
      findings.map(({ subject, status }) => [subject, status]),
      [
        ["'eu', prometheus eu:9090", 'ok'],
        ["packs of 'eu'", 'ok'],
        ["calls of 'eu'", 'ok'],
        ["labels of 'eu'", 'ok'],
        ['calls declared in a.yaml', 'warning'],
        ["'hosts', prometheus hosts:9090", 'ok'],
        ["packs of 'hosts'", 'warning'],
        ["'gone', prometheus gone:9090", 'failed'],
      ],
    );
    assert.match(findings.at(-1)?.remedy ?? '', /^check metrics\[2\]\.url/);
  });

  it('says that no calls are known, and what the source refused', async () => {
    const gaps = [{ source: 'prometheus', what: 'a query of a pack', reason: '422 too many chunks' }];
    const told = await look(minimal, { survey: { ...READ, calls: [], gaps } });
    assert.deepEqual(
      told('metrics')
        .map(({ subject, status, seen }) => [subject, status, seen])
        .slice(2),
      [
        ['calls', 'warning', 'no metric shows who calls whom'],
        ['labels', 'ok', LABELS_SEEN],
        ['a query of a pack', 'warning', '422 too many chunks'],
      ],
    );
  });

  it('tells which labels say where services are, and for what there is none', async () => {
    const labels = (await look(minimal))('metrics').find(({ subject }) => subject === 'labels');
    assert.equal(labels?.seen, LABELS_SEEN);
  });

  it('does not take what is known of every target for metrics of requests', async () => {
    const { config } = await loadConfig({ cwd: folder, env: METRICS_IN_ENVIRONMENT });
    const { survey, source: opened } = await openMetrics({
      config,
      file: null,
      directory: folder,
      secrets: [],
    });
    opened.close();
    const up = new FakeSource({ names: ['up'], answer: () => [[{ job: 'mysqld' }, 1]] });
    const seen = await survey(up);
    assert.deepEqual(
      seen.services.map(({ name, signals }) => [
        name,
        signals.map(({ signal, pack }) => `${signal} ${pack}`),
      ]),
      [['mysqld', ['availability targets']]],
    );
    const told = await look(minimal, { survey: seen });
    assert.equal(told('metrics')[1]?.status, 'failed');
  });

  it('names the file of a source or pack that cannot be read', async () => {
    await writeFile(join(folder, 'faultline.yml'), 'metrics: { type: recording, file: absent.json.gz }\n');
    const findings = await examine({ cwd: folder, env: {}, server, only: ['metrics'], openMetrics });
    assert.equal(findings.length, 1);
    assert.equal(findings[0]!.status, 'failed');
    assert.match(findings[0]!.seen, /absent\.json\.gz/);
  });

  it('takes a recording that can be read for a source', async () => {
    const file = recordedMetrics('payment-latency');
    await writeFile(
      join(folder, 'faultline.yml'),
      `metrics: { type: recording, file: ${JSON.stringify(file)} }\n`,
    );
    const findings = await examine({ cwd: folder, env: {}, server, only: ['metrics'], openMetrics });
    assert.deepEqual(
      findings.map(({ status, seen }) => [status, seen.replace(/Prometheus .*/, '')]),
      [['ok', 'recording of ']],
    );
  });

  it('reads the change logs that are files', async () => {
    const now = Date.now() / 1000;
    const change = (time: number, service: string) => ({ id: service, time, service, title: `${service} 2` });
    const changes = [change(now, 'orders'), change(now - 8 * 86_400, 'orders')];
    await writeFile(join(folder, 'changes.json'), JSON.stringify(changes));
    await writeFile(join(folder, 'object.json'), '{}');
    const files = ['changes.json', 'object.json', 'absent.json'];
    const of = await look(
      minimal +
        'changes:\n' +
        files.map((file) => `  - { type: file, name: ${file}, file: ${file} }\n`).join(''),
    );
    assert.deepEqual(
      of('changes').map(({ status }) => status),
      ['ok', 'failed', 'failed', 'ok'],
    );
    assert.equal(of('changes')[0]!.seen, '1 change in the last 7 days');
    assert.match(of('changes')[2]!.seen, /ENOENT/);
    assert.match(of('changes')[2]!.remedy ?? '', /check changes\[2\]/);
    assert.equal(of('changes')[3]!.seen, '0 changes in the last 7 days');
  });

  it('names changes of the last days that are of no known service, reported ones as well', async () => {
    const now = Date.now() / 1000;
    const change = {
      kind: 'deploy' as const,
      time: now - 60,
      details: '',
      files: [],
      author: null,
      link: null,
    };
    const told = { ...change, id: 'c1', title: 'x', source: 'ci', environment: null };
    const reported = reportedChangesIn(openBlobs({ directory: join(folder, 'kept'), publicReports: false }));
    await reported.keep([
      { ...told, service: 'orders-service' },
      { ...told, service: 'billing' },
      { ...told, service: null },
    ]);
    const of = await look(`${minimal}store: { directory: kept }\n`);
    const [{ subject, status, seen, remedy } = {}] = of('changes');
    assert.deepEqual([subject, status], ['reported changes', 'warning']);
    assert.equal(seen, '3 changes in the last 7 days; billing: no service that is known by that name');
    assert.match(remedy ?? '', /services of webhook\.changes, or services\.aliases/);
  });

  it('fails a store that cannot be written', async () => {
    await writeFile(join(folder, 'a-file'), '');
    const of = await look(`${minimal}store: { directory: a-file/below }\n`);
    assert.equal(of('store')[0]?.status, 'failed');
    assert.match(of('store')[0]!.seen, /a part of the path is a file/);
    assert.match(of('store')[0]!.remedy ?? '', /store\.directory/);
  });

  it('looks only where it is told to, and always tells a broken configuration', async () => {
    assert.deepEqual(await areasOf(minimal, ['store']), ['store']);
    assert.deepEqual(await areasOf('metrics: {}\n', ['store']), ['configuration']);
  });

  async function areasOf(yaml: string, only: Finding['area'][]): Promise<string[]> {
    await writeFile(join(folder, 'faultline.yml'), yaml);
    const unused = (): Promise<never> => Promise.reject(new Error('metrics are not to be opened'));
    const findings = await examine({ cwd: folder, env: {}, server, only, openMetrics: unused });
    return [...new Set(findings.map(({ area }) => area))];
  }

  it('shows no secret', async () => {
    const health = (): Promise<Health> => Promise.reject(new Error('token tell-nobody was refused'));
    const of = await look(
      'metrics: { type: prometheus, url: "http://127.0.0.1:9", auth: { type: bearer, token: tell-nobody } }\n',
      { health },
    );
    assert.equal(of('metrics')[0]?.seen, 'token *** was refused');
  });
});
