import assert from 'node:assert/strict';
import { severityOf, symptomIn } from '../../client/intake/words.js';
import type { Severity, SymptomKind } from '../../model/anomaly.js';

/** Names of alerts as rule collections spell them. */
const NAMES: Record<SymptomKind, string[]> = {
  latency: [
    'HighRequestLatency',
    'ServiceLatencyHigh',
    'api_p99_slow',
    'HTTPResponseTimeHigh',
    'CheckoutSlow',
    'KafkaConsumerLag',
    'UpstreamTimeouts',
    'RequestDurationTooLong',
    'LatencyBudgetBurn',
  ],
  errors: [
    'FrontendErrorRatioHigh',
    'HighErrorRate',
    'Http5xxRatio',
    'HTTP500s',
    'JobFailed',
    'LoginFailures',
    'ErrorBudgetBurn',
    'SuccessRateLow',
    'GRPCErrors',
  ],
  saturation: [
    'NodeCPUHigh',
    'HighMemoryUsage',
    'DiskFull',
    'QueueBacklog',
    'CPUThrottlingHigh',
    'ContainerOomKilled',
    'ConnectionPoolExhausted',
    'NodeFilesystemAlmostOutOfSpace',
    'HPAMaxedOut',
    'JVMHeapPressure',
  ],
  availability: [
    'TargetDown',
    'InstanceDown',
    'ServiceProbeFailed',
    'KubePodCrashLooping',
    'KubePodNotReady',
    'ServiceUnavailable',
    'MetricsAbsent',
    'BlackboxProbeFailed',
    'PrometheusTargetMissing',
  ],
  traffic: ['TrafficDrop', 'RequestRateLow', 'RPSTooHigh', 'ThroughputLow', 'TrafficSurge'],
  other: ['Watchdog', 'InfoInhibitor', 'CertificateExpiresSoon', ''],
};

describe('words of alerts', () => {
  for (const [kind, names] of Object.entries(NAMES)) {
    for (const name of names) {
      it(`hears ${kind} in "${name}"`, () => assert.equal(symptomIn([name]), kind));
    }
  }

  it('asks the next text only when the first says nothing', () => {
    assert.equal(symptomIn(['Watchdog', undefined, 'latency is high']), 'latency');
    assert.equal(symptomIn(['HighErrorRate', 'latency is high']), 'errors');
  });

  const severities: [string | undefined, Severity][] = [
    ['critical', 'critical'],
    ['Page', 'critical'],
    ['P1', 'critical'],
    ['SEV-1', 'critical'],
    ['1', 'critical'],
    ['3', 'warning'],
    ['5', 'info'],
    ['error', 'critical'],
    ['warning', 'warning'],
    ['ticket', 'warning'],
    ['none', 'info'],
    ['informational', 'info'],
    ['constructor', 'warning'],
    ['', 'warning'],
    [undefined, 'warning'],
  ];
  for (const [word, expected] of severities) {
    it(`takes severity ${word === undefined ? 'that is missing' : `"${word}"`} as ${expected}`, () => {
      assert.equal(severityOf(word), expected);
    });
  }
});
