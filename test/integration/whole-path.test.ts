import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { IncidentRecord } from '../../model/incident.js';
import { needsChromium, runPage, withPage } from '../support/chromium.js';
import { testServer } from '../support/dev-server.js';
import { keepHistory } from '../support/histories.js';
import { needs } from '../support/needs.js';
import { startHouse, type House } from '../support/house.js';
import { writeIncident, type WrittenIncident } from '../support/written-incident.js';

describe('the whole path, on a real Temporal server and a real Prometheus', function () {
  this.timeout(180_000);
  let written: WrittenIncident;
  let house: House;
  const endings: (() => Promise<void>)[] = [];

  before(async function () {
    needs(this, 'prometheus');
    written = await writeIncident();
    endings.push(() => written.close());
    house = await startHouse({
      directory: written.directory,
      prometheusUrl: written.prometheus.url,
      sinkUrl: written.sink.url,
      // However slow the machine, it does not look again before the alert ends.
      followUp: { reevaluateSeconds: 3600 },
    });
    endings.push(() => house.stop());
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  it('turns an Alertmanager post into a summary that names the service and the fault', async () => {
    assert.equal((await house.post({ startsAt: written.alert, status: 'firing' })).status, 202);
    const id = await house.incident();
    assert.match(id, /^incident\/storefront\/\d{8}-\d{4}-[0-9a-f]{6}$/);
    const record = await house.untilPublished(id);

    const verdict = record.diagnosis?.verdict;
    assert.equal(verdict?.service, 'payment');
    assert.equal(verdict.faultKind, 'cpu');
    assert.notEqual(verdict.level, 'inconclusive');
    assert.ok(
      Math.abs((record.diagnosis?.onset?.time ?? 0) - written.onset) <= 45,
      'the true onset, not the alert',
    );
    assert.deepEqual(
      record.diagnosis?.propagation.map(({ from, to }) => `${from} -> ${to}`),
      ['payment -> checkout', 'checkout -> storefront'],
    );
    assert.deepEqual(record.gaps, []);

    // With this much an incident stays cheap to keep, to replay and to look at.
    const { historyLength, historySize } = await house.client.workflow.getHandle(id).describe();
    assert.ok(historyLength <= 120, `${historyLength} events up to the first summary`);
    assert.ok((historySize ?? Infinity) <= 150_000, `${historySize} bytes up to the first summary`);

    const report = record.links.find(({ title }) => title === 'Report')?.url ?? '';
    assert.match(await readFile(join(written.directory, 'store', report), 'utf8'), /payment/);
  });

  it('tells a stranger the story on its page in the Temporal UI', async function () {
    // A browser that finds no core draws late.
    this.retries(1);
    const browser = needsChromium(this);
    const id = await house.incident();
    const { uiUrl, namespace } = await testServer();
    const { runId } = await house.client.workflow.getHandle(id).describe();
    const history = runPage(uiUrl ?? '', namespace, id, runId);
    const shots = process.env['FAULTLINE_SCREENSHOTS'];
    await withPage(browser, async (page) => {
      await page.goto(history);
      for (const [tab, texts] of [
        ['Timeline', ['Pull latency, errors and traffic of 6 services', 'Check payment for cpu']],
        ['User Metadata', ['StorefrontSlow', 'cause: payment', 'CPU shortage', 'Next:']],
        ['Search Attributes', ['FaultlineRootCause']],
      ] as const) {
        await page
          .getByRole('link', { name: tab })
          .or(page.getByRole('tab', { name: tab }))
          .first()
          .click();
        for (const text of texts) await seen(page, text);
        if (shots) await page.screenshot({ path: join(shots, `${tab}.png`), fullPage: true });
      }
    });
  });

  it('closes with a final report when the alert resolves', async () => {
    const id = await house.incident();
    assert.equal((await house.post({ startsAt: written.alert, status: 'resolved' })).status, 202);
    const final = await house.result(id);
    assert.equal(final.state, 'resolved');
    await keepHistory(house.client.workflow.getHandle(id), 'incident-resolved');
    assert.deepEqual(
      written.sink.posts.map(({ body }) => (body.data as { record: IncidentRecord }).record.state),
      ['following', 'resolved'],
    );
  });

  it('reads well in Temporal: search attributes, static details, summaries; and keeps series out of the history', async () => {
    const id = await house.incident();
    const handle = house.client.workflow.getHandle(id);
    const described = await handle.describe();
    const keyword = (name: string) =>
      described.typedSearchAttributes.get(defineSearchAttributeKey(name, 'KEYWORD'));
    assert.equal(keyword('FaultlineService'), 'storefront');
    assert.equal(keyword('FaultlineRootCause'), 'payment');
    assert.equal(keyword('FaultlineFaultKind'), 'cpu');
    assert.equal(keyword('FaultlineState'), 'resolved');
    assert.match((await described.staticSummary()) ?? '', /storefront/);

    const history = await handle.fetchHistory();
    const events = history.events ?? [];
    const summaries = events.map((event) => {
      const data = event.userMetadata?.summary?.data;
      return data ? String(JSON.parse(Buffer.from(data).toString())) : '';
    });
    for (const expected of [
      /^Find what storefront depends on/,
      /^Pull latency, errors and traffic of 6 services$/,
      /^Read what was changed/,
      /^Check payment for cpu$/,
      /^Write revision 1 of the report: first result$/,
      /^Post the summary to hook$/,
      /^Close unless an alert fires again/,
    ]) {
      assert.ok(
        summaries.some((summary) => expected.test(summary)),
        `expected a summary like ${expected}, saw\n${summaries.filter(Boolean).join('\n')}`,
      );
    }
    const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes).length;
    const summarised = events.filter(
      (event) => event.activityTaskScheduledEventAttributes && event.userMetadata?.summary?.data,
    ).length;
    assert.equal(summarised, scheduled, 'every activity has a summary');
  });
});

/** Waits until the page shows a text, be it in one of the frames into which the UI puts Markdown. */
async function seen(page: Page, text: string): Promise<void> {
  for (let left = 60; left > 0; left -= 1) {
    const bodies = await Promise.all(page.frames().map((frame) => frame.innerText('body').catch(() => '')));
    if (bodies.some((body) => body.includes(text))) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`the page does not show "${text}"`);
}
