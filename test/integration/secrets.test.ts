import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';
import { fastify } from 'fastify';
import getPort from 'get-port';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { brotliDecompressSync } from 'node:zlib';
import { stringify } from 'yaml';
import { buildReceiver } from '../../client/intake/receiver.js';
import { openTemporal } from '../../client/temporal.js';
import { createIncidents } from '../../client/temporal-incidents.js';
import { loadConfig } from '../../config/load.js';
import type { IncidentRecord } from '../../model/incident.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { startWorker } from '../../workers/worker.js';
import { writeCarelessEvidence, type CarelessEvidence } from '../support/careless-evidence.js';
import { testServer, uniqueName } from '../support/dev-server.js';
import { needs } from '../support/needs.js';
import { workflowBundle } from '../support/workflow-lab.js';
import { writeIncident, type WrittenIncident } from '../support/written-incident.js';

/** Planted in the settings, and in what a sender of alerts writes. Each is found by its own name. */
const PLANTED = {
  receiver: 'planted-receiver-token',
  metricsPassword: 'planted-metrics-password',
  metricsHeader: 'planted-metrics-header',
  changesToken: 'planted-changes-token',
  changesLogin: 'planted-changes-login',
  hookSigning: 'planted-hook-signing',
  hookHeader: 'planted-hook-header',
  refusedToken: 'planted-refused-token',
  slackToken: 'planted-slack-token',
  slackSigning: 'planted-slack-signing',
  pagerdutyToken: 'planted-pagerduty-token',
  pagerdutyKey: 'planted-pagerduty-key',
  githubToken: 'planted-github-token',
  jiraPassword: 'planted-jira-password',
  teamsSignature: 'planted-teams-signature',
  grafanaToken: 'planted-grafana-token',
  mailPassword: 'planted-mail-password',
  labelValue: 'planted-label-value',
  labelLogin: 'planted-label-login',
  labelQuery: 'planted-label-query',
  annotation: 'planted-annotation-value',
  generator: 'planted-generator-login',
  note: 'planted-note-value',
  logLine: 'planted-log-line',
  spanStatus: 'planted-span-status',
  diff: 'planted-diff-value',
  event: 'planted-event-value',
  checkStatement: 'planted-check-statement',
} as const;

const SINKS_THAT_FAIL = ['refused', 'slack', 'pagerduty', 'github', 'jira', 'teams', 'grafana', 'mail'];

/** A server that refuses everything, and tells the caller again what it was told: the worst that a server can do. */
async function startEcho() {
  const app = fastify({ forceCloseConnections: true });
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.all('/*', (request, reply) => {
    const told = `${request.url} ${JSON.stringify(request.headers)}`;
    return reply.code(401).send({ ok: false, error: told, message: told, errors: [told] });
  });
  const mail = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      done(new Error(`nobody is ${username} with ${password}`));
    },
  });
  const mailPort = await getPort({ host: '127.0.0.1' });
  mail.listen(mailPort, '127.0.0.1');
  return {
    url: await app.listen({ host: '127.0.0.1', port: 0 }),
    mailPort,
    close: async () => {
      await app.close();
      await new Promise<void>((done) => mail.close(done));
    },
  };
}

function settings(
  written: WrittenIncident,
  { url: echo, mailPort }: { url: string; mailPort: number },
  environment: string,
  evidence: CarelessEvidence['settings'],
): unknown {
  const { changes, ...others } = evidence as { changes: object[] };
  const withLogin = (url: string, login: string) => url.replace('://', `://ops:${login}@`);
  return {
    environment,
    ...others,
    metrics: {
      type: 'prometheus',
      url: written.prometheus.url,
      auth: { type: 'basic', username: 'ops', password: PLANTED.metricsPassword },
      headers: { 'X-Key': PLANTED.metricsHeader },
    },
    diagnosis: { baselineSeconds: 3000, stepSeconds: 15, sourceTimeoutSeconds: 15 },
    followUp: { reevaluateSeconds: 60, resolveGraceSeconds: 1, feedbackWindowSeconds: 0 },
    changes: [
      ...changes,
      {
        type: 'http',
        name: 'deploys',
        url: `${withLogin(echo, PLANTED.changesLogin)}/changes`,
        auth: { type: 'bearer', token: PLANTED.changesToken },
      },
    ],
    webhook: { auth: { type: 'bearer', tokens: [PLANTED.receiver] } },
    sinks: [
      {
        type: 'webhook',
        name: 'hook',
        url: written.sink.url,
        headers: { 'X-Key': PLANTED.hookHeader },
        signingSecret: PLANTED.hookSigning,
      },
      { type: 'webhook', name: 'refused', url: echo, auth: { type: 'bearer', token: PLANTED.refusedToken } },
      {
        type: 'slack',
        name: 'slack',
        url: `${echo}/`,
        token: PLANTED.slackToken,
        signingSecrets: [PLANTED.slackSigning],
        channel: 'C0123456789',
      },
      {
        type: 'pagerduty',
        name: 'pagerduty',
        notes: { token: PLANTED.pagerdutyToken, from: 'ops@shop.example', url: echo },
        events: { routingKey: PLANTED.pagerdutyKey, url: echo },
      },
      { type: 'github', name: 'github', token: PLANTED.githubToken, repository: 'shop/ops', url: echo },
      {
        type: 'jira',
        name: 'jira',
        url: echo,
        project: 'OPS',
        auth: { type: 'basic', username: 'ops', password: PLANTED.jiraPassword },
      },
      { type: 'teams', name: 'teams', url: `${echo}/workflow?sig=${PLANTED.teamsSignature}` },
      { type: 'grafana', name: 'grafana', url: echo, auth: { type: 'bearer', token: PLANTED.grafanaToken } },
      {
        type: 'email',
        name: 'mail',
        from: 'faultline@shop.example',
        to: ['ops@shop.example'],
        host: '127.0.0.1',
        port: mailPort,
        security: 'none',
        login: { username: 'ops', password: PLANTED.mailPassword },
      },
    ],
    store: { directory: 'store' },
    record: { enabled: false },
    log: { level: 'debug' },
  };
}

/** An alert of the storefront whose labels and links hold what they should not. */
function careless(written: WrittenIncident, status: 'firing' | 'resolved'): unknown {
  const labels = {
    alertname: 'StorefrontSlow',
    service: 'storefront',
    severity: 'critical',
    api_token: PLANTED.labelValue,
    dashboard: `https://ops:${PLANTED.labelLogin}@grafana.example/d/1?access_token=${PLANTED.labelQuery}&from=now-1h`,
  };
  return {
    receiver: 'faultline',
    status,
    alerts: [
      {
        status,
        labels,
        annotations: {
          summary: 'p95 latency of the storefront is above 500 ms',
          runbook_url: `https://wiki.example/run?token=${PLANTED.annotation}&page=7`,
        },
        startsAt: new Date(written.alert * 1000).toISOString(),
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString(),
        generatorURL: `http://ops:${PLANTED.generator}@prometheus.example/graph?g0.expr=up`,
        fingerprint: 'abcdef0123456789',
      },
    ],
    groupLabels: { service: 'storefront' },
    commonLabels: labels,
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example',
    version: '4',
    groupKey: '{}:{service="storefront"}',
    truncatedAlerts: 0,
  };
}

/** Every text in it; bytes, as histories keep their payloads, are read as text. */
function allText(data: unknown): string {
  if (typeof data === 'string') return `${data}\n`;
  if (data instanceof Uint8Array) return `${Buffer.from(data).toString('utf8')}\n`;
  if (typeof data !== 'object' || data === null) return '';
  return Object.entries(data)
    .map(([key, value]) => `${key} ${allText(value)}`)
    .join('');
}

/** The text of all files below a folder whose names end so. */
async function filesIn(directory: string, ending = ''): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending));
  const texts = await Promise.all(
    files.map(async (file) => textOf(await readFile(join(file.parentPath, file.name)))),
  );
  return texts.join('\n');
}

/** Tables of evidence are packed behind a line that says so. */
function textOf(bytes: Buffer): string {
  try {
    return brotliDecompressSync(bytes.subarray(bytes.indexOf(0x0a) + 1)).toString('utf8');
  } catch {
    return bytes.toString('utf8');
  }
}

describe('secrets, from a post to the end of an incident', function () {
  this.timeout(180_000);
  const told: Record<string, string> = {};
  const endings: (() => Promise<unknown>)[] = [];
  let final: IncidentRecord;

  before(async function () {
    needs(this, 'prometheus');
    const written = await writeIncident();
    endings.push(() => written.close());
    const echo = await startEcho();
    endings.push(() => echo.close());
    const environment = uniqueName('secrets');
    const evidence = await writeCarelessEvidence(written, PLANTED);
    endings.push(() => evidence.close());
    const file = join(written.directory, 'faultline.yml');
    await writeFile(file, stringify(settings(written, echo, environment, evidence.settings)));
    const loaded = await loadConfig({ file, env: {} });

    const lines: string[] = [];
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    });
    // No mask over the log: nothing may be written into it in the first place.
    const log = pino({ level: 'debug' }, sink);
    const server = await testServer();
    const incidents = createIncidents(
      openTemporal({ env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace } }),
    );
    endings.push(() => incidents.close());
    const receiver = await buildReceiver({ config: loaded.config, incidents, log });
    const url = await receiver.listen({ host: '127.0.0.1', port: 0 });
    endings.push(() => receiver.close());
    const worker = await startWorker({
      loaded,
      log,
      temporal: server,
      workflows: { workflowBundle: await workflowBundle() },
    });
    endings.push(() => worker.stop());
    const triage = server.client.workflow.getHandle(`triage/${environment}`);
    endings.push(() => triage.terminate('end of the test'));

    const post = (body: unknown, token: string) =>
      axios.post(`${url}/v1/alertmanager`, body, {
        headers: { Authorization: `Bearer ${token}` },
        validateStatus: null,
      });
    assert.equal((await post(careless(written, 'firing'), `${PLANTED.receiver}-but-wrong`)).status, 401);
    const answer = await post(careless(written, 'firing'), PLANTED.receiver);
    assert.equal(answer.status, 202);
    told['answers'] = allText(answer.data);

    const { id } = await once(async () => {
      const list = await incidents.list({ environment: [environment] }, { limit: 1 });
      return list.incidents[0] ?? null;
    });
    await once(async () => {
      const { timeline, publications } = await incidents.show(id);
      const failed = SINKS_THAT_FAIL.filter((name) => timeline.some(({ what }) => what.includes(` ${name}`)));
      return publications.length > 0 && failed.length === SINKS_THAT_FAIL.length ? true : null;
    });
    await incidents.giveFeedback(id, {
      grade: 'right',
      service: null,
      faultKind: null,
      note: `seen with password=${PLANTED.note}`,
      by: 'sam',
    });
    await post(careless(written, 'resolved'), PLANTED.receiver);
    final = (await server.client.workflow.getHandle(id).result()) as IncidentRecord;

    told['record'] = allText(final);
    told['markdown'] = renderMarkdown(final);
    told['terminal'] = renderTerminal(final, { width: 120, color: false });
    told['page'] = await filesIn(join(written.directory, 'store'), '.html');
    told['files of the store'] = await filesIn(join(written.directory, 'store'));
    told['posts to the sink'] = allText(written.sink.posts.map(({ body }) => body));
    told['history of the incident'] = allText(await server.client.workflow.getHandle(id).fetchHistory());
    told['history of triage'] = allText(await triage.fetchHistory());
    told['description of the run'] = allText((await server.client.workflow.getHandle(id).describe()).raw);
    told['log'] = lines.join('');
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  it('passed by every place where they might have stayed', () => {
    assert.equal(final.state, 'resolved');
    for (const name of SINKS_THAT_FAIL)
      assert.ok(
        final.timeline.some(({ what }) => what.includes(` ${name}`)),
        `${name} did not fail`,
      );
    assert.ok(
      final.gaps.some(({ source }) => source === 'deploys' || source === 'changes'),
      'changes were refused',
    );
    for (const place of [
      'history of the incident',
      'history of triage',
      'files of the store',
      'posts to the sink',
      'record',
    ])
      assert.match(told[place] ?? '', /grafana\.example\/d\/1\?access_token=\*\*\*&from=now-1h/, place);
    assert.match(told['log'] ?? '', /incident/);
  });

  it('were read with every kind of evidence, which is kept and told without them', () => {
    const kept = told['files of the store'] ?? '';
    const kinds: Record<string, RegExp> = {
      log: /logs lines such as \S*<script>[^\n]*catalog; password=\*/u,
      state: /ImagePullBackOff[^\n]*catalog; password=\*/u,
      check: /catalog; token=\*/u,
      change: /payment: <script>[^\n]*api_key: \*/u,
    };
    for (const [kind, pattern] of Object.entries(kinds)) assert.match(kept, pattern, `no ${kind} was kept`);
    assert.match(kept, /POST \/pay <script>/u, 'no span was kept');
  });

  it('came with markup, codes of terminals and orders that stay text', () => {
    // Control characters but the line break, and marks that turn text around.
    const harmful = /(?!\n)\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u;
    for (const place of ['markdown', 'terminal']) assert.equal(harmful.exec(told[place] ?? ''), null, place);
    const meaningful = (told['markdown'] ?? '')
      .replace(/\\./gu, '')
      .replace(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/gu, '');
    assert.doesNotMatch(meaningful, /<script|\]\(javascript/u);
    assert.match(told['page'] ?? '', /&lt;script(?:>|&gt;)alert\(1\)/u);
    assert.doesNotMatch(told['page'] ?? '', /<script>alert\(1\)/u);
    assert.equal(final.diagnosis?.verdict.service, 'payment', 'an order in a line was followed');
  });

  for (const [name, secret] of Object.entries(PLANTED)) {
    it(`are kept to themselves: ${name}`, () => {
      const encoded = [secret, Buffer.from(`ops:${secret}`).toString('base64')];
      const places = Object.entries(told).filter(([, text]) => encoded.some((one) => text.includes(one)));
      assert.deepEqual(
        places.map(([place]) => place),
        [],
      );
    });
  }
});

/** Asks again until there is an answer. */
async function once<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await sleep(200);
  }
}
