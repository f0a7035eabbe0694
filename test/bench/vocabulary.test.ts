import assert from 'node:assert/strict';
import { describeMetric, symptomOf } from '../../bench/rca/vocabulary.js';

describe('the vocabulary of metric names', () => {
  const signals: [name: string, signal: string, unit: string, perspective: string][] = [
    ['cpu', 'cpu', 'cores', 'self'],
    ['cpu-rate', 'cpu', '1', 'self'],
    ['container_cpu_cfs_throttled_seconds', 'cpu', 's', 'self'],
    ['mem', 'memory', 'bytes', 'self'],
    ['memory_working_set_gib', 'memory', 'bytes', 'self'],
    ['gc_pause_ms', 'memory', 's', 'self'],
    ['diskio', 'disk', '1', 'self'],
    ['disk-write-bytes', 'disk', 'bytes', 'self'],
    ['socket', 'connections', '1', 'self'],
    ['open_fds', 'connections', '1', 'self'],
    ['db_pool_in_use', 'connections', '1', 'self'],
    ['threads', 'saturation', '1', 'self'],
    ['queue_depth', 'saturation', '1', 'self'],
    ['workload', 'traffic', 'req/s', 'server'],
    ['requests_per_min', 'traffic', 'req/s', 'server'],
    ['qps', 'traffic', 'req/s', 'server'],
    ['latency-50', 'latency', 's', 'server'],
    ['latency-average', 'latency', 's', 'server'],
    ['client-latency-p90', 'latency', 's', 'client'],
    ['http_server_duration_p99_ms', 'latency', 's', 'server'],
    ['ResponseTime', 'latency', 's', 'server'],
    ['error', 'errors', '1', 'server'],
    ['fault-average', 'errors', '1', 'server'],
    ['outbound_call_error_ratio', 'errors', '1', 'client'],
    ['http_5xx_ratio', 'errors', '1', 'server'],
    ['availability-average', 'availability', '1', 'server'],
    ['success-rate', 'availability', '1', 'server'],
    ['pod_restart_total', 'availability', '1', 'self'],
    ['net-rx', 'network', 'bytes/s', 'self'],
    ['network_transmit_bytes', 'network', 'bytes', 'self'],
    ['tcp_retransmits', 'network', '1', 'self'],
    ['frobnications', 'other', '', 'self'],
  ];
  for (const [name, signal, unit, perspective] of signals) {
    it(`reads ${name} as ${signal} in ${unit || 'no unit'}, seen by ${perspective}`, () => {
      const meaning = describeMetric(name);
      assert.deepEqual([meaning.signal, meaning.unit, meaning.perspective], [signal, unit, perspective]);
    });
  }

  it('knows which direction is bad', () => {
    const worse = ['latency', 'error', 'success-rate', 'ready_replicas', 'restarts', 'load', 'net-tx'].map(
      (name) => describeMetric(name).worse,
    );
    assert.deepEqual(worse, ['up', 'up', 'down', 'down', 'up', 'either', 'either']);
  });

  it('tells the factor to base units when the name has the unit', () => {
    assert.equal(describeMetric('duration_ms').scale, 1e-3);
    assert.equal(describeMetric('cpu_percent').scale, 0.01);
    assert.equal(describeMetric('memory_mib').scale, 1024 ** 2);
    assert.equal(describeMetric('events_per_min').scale, 1 / 60);
    assert.equal(describeMetric('latency').scale, null);
  });

  it('takes metrics of the node for metrics of the host', () => {
    assert.equal(describeMetric('node-cpu-rate').about, 'host');
    assert.equal(describeMetric('cpu-rate').about, 'entity');
  });

  it('names the golden signal that an alert speaks of', () => {
    assert.deepEqual(['latency-p90', 'http_5xx_ratio', 'memory', 'requests', null].map(symptomOf), [
      'latency',
      'errors',
      'saturation',
      'traffic',
      'other',
    ]);
  });
});
