import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClientSettings } from '../../client/cli/dependencies.js';
import { ConfigError } from '../../config/config-error.js';

describe('settings of a client', () => {
  let cwd: string;
  before(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'faultline-settings-'));
  });
  after(() => rm(cwd, { recursive: true }));

  it('are the defaults where there is no configuration file', async () => {
    const { environment, temporal } = await loadClientSettings({ env: {}, cwd });
    assert.deepEqual({ environment, temporal }, { environment: 'default', temporal: {} });
  });

  it('come from variables all the same', async () => {
    const env = { FAULTLINE__ENVIRONMENT: 'production', FAULTLINE__TEMPORAL__PROFILE: 'ops' };
    const { environment, temporal } = await loadClientSettings({ env, cwd });
    assert.deepEqual({ environment, temporal }, { environment: 'production', temporal: { profile: 'ops' } });
    const wrong = { FAULTLINE__ENVIRONMENTS: 'production' };
    await assert.rejects(loadClientSettings({ env: wrong, cwd }), ConfigError);
  });

  it('come from the file that is named, which must be there and right', async () => {
    const file = join(cwd, 'my.yml');
    await writeFile(file, 'environment: staging\nmetrics: {type: prometheus, url: http://prometheus}\n');
    assert.equal((await loadClientSettings({ file, env: {}, cwd })).environment, 'staging');
    await assert.rejects(loadClientSettings({ file: join(cwd, 'none.yml'), env: {}, cwd }), /no such file/);
    await writeFile(file, 'environment: staging\n');
    await assert.rejects(loadClientSettings({ file, env: {}, cwd }), /metrics/);
  });
});
