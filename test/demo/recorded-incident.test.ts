import assert from 'node:assert/strict';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { readingSettings } from '../../client/intake/source.js';
import { beganAt, recordedAlert } from '../../workers/demo/recorded-incident.js';
import { demoConfig, newToken } from '../../workers/demo/settings.js';

const PLAY_AT = 1_800_000_000;

describe('the recorded alert of the demo', () => {
  it('begins when it is played, says what it measures, and links to no machine of the past', async () => {
    const post = await recordedAlert('payment-latency', PLAY_AT);
    assert.equal(beganAt(post), PLAY_AT);
    const { config } = demoConfig({
      environment: 'demo',
      token: newToken(),
      metrics: { type: 'recording', file: 'unused' },
      changes: [],
    });
    const [anomaly] = anomaliesIn(readAlertmanager({ body: post }), {
      receivedAt: PLAY_AT + 30,
      settings: readingSettings(config),
    });
    assert.equal(anomaly?.service, 'storefront');
    assert.equal(anomaly.symptom, 'latency');
    assert.equal(anomaly.endedAt, null);
    assert.deepEqual(anomaly.links, []);
    assert.match(post.alerts[0]?.generatorURL ?? '', /^recorded:\/graph\?g0\.expr=histogram_quantile/);
  });
});
