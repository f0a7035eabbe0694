import { execaSync } from 'execa';
import { chromium, type Page } from 'playwright-core';
import { needs } from './needs.js';

/** Nothing that talks to the outside by itself, and no sandbox: tests may run as root. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Room for a timeline with its labels. */
const VIEWPORT = { width: 1440, height: 1000 };

/** The path of the browser; skips the test when there is none and none may be installed. Give the hook time. */
export function needsChromium(test: Mocha.Context): string {
  const { chromium: command } = needs(test, 'chromium');
  return execaSync('sh', ['-c', 'command -v "$0"', command]).stdout;
}

/**
 * Opens an empty page in a headless browser of its own, hands it to `use`, and closes the browser, whatever
 * came of it. `executablePath` is what `needsChromium` said.
 */
export async function withPage<T>(executablePath: string, use: (page: Page) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  try {
    return await use(await browser.newPage({ viewport: VIEWPORT, timezoneId: 'UTC', locale: 'en-GB' }));
  } finally {
    await browser.close();
  }
}

/** Where the Temporal UI shows a run. */
export function runPage(uiUrl: string, namespace: string, workflowId: string, runId: string): string {
  const path = ['namespaces', namespace, 'workflows', workflowId, runId, 'history'];
  return `${uiUrl}/${path.map(encodeURIComponent).join('/')}`;
}
