import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { IncidentRecord } from '../../model/incident.js';
import { renderPage } from '../../report/page/page.js';
import { needsChromium, withPage } from '../support/chromium.js';
import { hostileRecord } from '../support/hostile-record.js';
import { evidenceFor } from '../support/page-evidence.js';
import { SAMPLES } from '../support/records.js';

const SCREENSHOTS = process.env['FAULTLINE_SCREENSHOTS'];
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const WIDTHS = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  (['desktop', 'phone'] as const).map((device) => ({
    name: `${device}-${colorScheme}`,
    colorScheme,
    viewport: WIDTHS[device],
  })),
);

/** Both widths and both schemes of every page; all four pairs of the two that hold most. */
function looksOf(name: string): typeof LOOKS {
  if (['confirmed bad deploy', 'hostile storm'].includes(name)) return LOOKS;
  return LOOKS.filter((look) => ['desktop-light', 'phone-dark'].includes(look.name));
}

const PAGES: Record<string, () => IncidentRecord> = {
  ...SAMPLES,
  'hostile storm': () => hostileRecord(SAMPLES.storm()),
};

/** Rules of WCAG 2.2 AA, and what axe holds to be good practice. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

describe('the page in a browser', function () {
  this.timeout(240_000);
  // A browser that finds no core draws late.
  this.retries(1);
  let folder: string;
  let chromium: string;

  before(async function () {
    this.timeout(300_000);
    chromium = needsChromium(this);
    folder = await mkdtemp(path.join(tmpdir(), 'faultline-page-'));
    if (SCREENSHOTS !== undefined) await mkdir(SCREENSHOTS, { recursive: true });
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function fileOf(name: string): Promise<string> {
    const record = PAGES[name]!();
    const file = path.join(folder, `${name.replaceAll(' ', '-')}.html`);
    await writeFile(file, renderPage(record, evidenceFor(record)));
    return pathToFileURL(file).href;
  }

  /** Runs `use` with a browser page of such a look, and answers what the page asked for and complained of. */
  async function watched(
    browser: Browser,
    options: BrowserContextOptions,
    url: string,
    use: (page: Page) => Promise<void>,
  ): Promise<string[]> {
    const context = await browser.newContext({ ...options, timezoneId: 'Asia/Tokyo', locale: 'en-GB' });
    const events: string[] = [];
    context.on('request', (request) => {
      if (request.url() !== url && !request.url().startsWith('data:'))
        events.push(`request of ${request.url()}`);
    });
    context.on('console', (message) => events.push(`${message.type()}: ${message.text()}`));
    context.on('weberror', (error) => events.push(`error: ${error.error().message}`));
    const page = await context.newPage();
    await page.goto(url);
    await use(page);
    await context.close();
    return events;
  }

  for (const name of Object.keys(PAGES)) {
    it(`asks for nothing, breaks no rule of its policy or of accessibility, and fits its screen: ${name}`, async () => {
      const url = await fileOf(name);
      await withPage(chromium, async (first) => {
        const browser = first.context().browser()!;
        const events = await watched(browser, {}, url, async (page) => {
          await bringAxe(page);
          for (const { name: look, colorScheme, viewport } of looksOf(name)) {
            await page.setViewportSize(viewport);
            await page.emulateMedia({ colorScheme });
            const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
            assert.ok(Number(overflow) <= 0, `${look}: ${String(overflow)} pixels too wide`);
            await picture(page, `${name}-${look}`);
            assert.deepEqual(await violations(page), [], look);
          }
        });
        assert.deepEqual(events, []);
      });
    });
  }

  it('can be read without scripts', async () => {
    const url = await fileOf('confirmed bad deploy');
    await withPage(chromium, async (first) => {
      await watched(first.context().browser()!, { javaScriptEnabled: false }, url, async (page) => {
        assert.equal(await page.locator('figure.plot svg.chart').first().isVisible(), true);
        assert.match(await page.locator('h1').innerText(), /^checkout: errors 0\.3 %/);
        await page.locator('details summary').first().click();
        assert.match(await page.locator('details[open] pre').first().innerText(), /rate\(/);
      });
    });
  });

  it('shows the values of one moment in all plots, in UTC whatever the zone of the reader', async () => {
    const url = await fileOf('confirmed bad deploy');
    await withPage(chromium, async (first) => {
      const events = await watched(
        first.context().browser()!,
        { viewport: WIDTHS.desktop },
        url,
        async (page) => {
          await page.locator('svg.chart').first().scrollIntoViewIfNeeded();
          await page.locator('svg.chart').first().hover();
          const readouts = await page.locator('.readout').allInnerTexts();
          assert.ok(readouts.length >= 2);
          const [moment] = readouts[0]!.split(' UTC');
          assert.match(moment!, /^1\d:\d\d:\d\d$/);
          for (const readout of readouts)
            assert.ok(readout.startsWith(`${moment!} UTC`) && / %$/.test(readout), readout);
        },
      );
      assert.deepEqual(events, []);
    });
  });

  it('hands out the record as a file', async () => {
    const url = await fileOf('confirmed bad deploy');
    await withPage(chromium, async (first) => {
      await watched(first.context().browser()!, {}, url, async (page) => {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('link', { name: 'Download the record' }).click(),
        ]);
        assert.equal(download.suggestedFilename(), 'checkout-20261124-1042-0a1b2c.json');
        const record = JSON.parse(await readFile(await download.path(), 'utf8')) as IncidentRecord;
        assert.deepEqual(record, JSON.parse(JSON.stringify(SAMPLES['confirmed bad deploy']())));
      });
    });
  });

  it('prints on pages, with everything that can be read', async () => {
    const url = await fileOf('suspected pool saturation');
    await withPage(chromium, async (page) => {
      await page.goto(url);
      await page.emulateMedia({ media: 'print' });
      assert.equal(await page.locator('nav').isVisible(), false);
      assert.equal(await page.locator('figure.plot svg.chart').first().isVisible(), true);
      const pdf = await page.pdf({ format: 'A4' });
      if (SCREENSHOTS !== undefined) await writeFile(path.join(SCREENSHOTS, 'page-print.pdf'), pdf);
      assert.ok(pdf.byteLength > 20_000);
    });
  });
});

/** Axe is no part of the page. It comes through the debugger, which the page's policy does not bind. */
async function bringAxe(page: Page): Promise<void> {
  await page.evaluate(await readFile(AXE, 'utf8'));
}

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await page.evaluate<AxeResults>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary ?? ''}`),
  );
}

async function picture(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  const file = path.join(SCREENSHOTS, `page-${name.replaceAll(' ', '-')}.png`);
  await page.screenshot({ path: file, fullPage: true });
}
