import assert from 'node:assert/strict';
import { searchKeys } from '../../client/temporal.js';
import { needsChromium, runPage, withPage } from '../support/chromium.js';
import { testServer, uniqueName } from '../support/dev-server.js';

describe('the Temporal UI of the dev server', () => {
  let browser: string;

  before(function () {
    this.timeout(400_000);
    browser = needsChromium(this);
  });

  it('shows a run by its readable id, with its summary', async function () {
    this.timeout(90_000);
    // A browser that finds no core draws late.
    this.retries(1);
    const { client, uiUrl, namespace } = await testServer();
    const workflowId = `incident/checkout/${uniqueName('20260101-1042')}`;
    const handle = await client.workflow.start('none', {
      workflowId,
      taskQueue: uniqueName('queue'),
      staticSummary: 'checkout: errors at the edge',
      typedSearchAttributes: [{ key: searchKeys.service, value: 'checkout' }],
    });
    assert.ok(uiUrl !== null);
    const text = await withPage(browser, async (page) => {
      await page.goto(runPage(uiUrl, namespace, workflowId, handle.firstExecutionRunId));
      await page.getByText('checkout: errors at the edge').first().waitFor();
      const shot = process.env['FAULTLINE_SCREENSHOTS'];
      if (shot !== undefined) await page.screenshot({ path: `${shot}/run.png` });
      return page.innerText('body');
    });
    assert.ok(text.includes(workflowId), text);
  });
});
