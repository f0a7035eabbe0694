import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Meter } from '@opentelemetry/api';

/**
 * The process by the names that Prometheus client libraries use everywhere, the Node.js runtime by
 * OpenTelemetry's.
 */
export function watchProcess(meter: Meter): void {
  meter
    .createObservableCounter('process_cpu_seconds', { description: 'User and system CPU time, seconds' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });
  meter
    .createObservableGauge('process_resident_memory_bytes', { description: 'Resident memory' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  const started = performance.timeOrigin / 1000;
  meter
    .createObservableGauge('process_start_time_seconds', { description: 'Start, unix seconds' })
    .addCallback((result) => result.observe(started));

  const heap = (name: string, description: string, read: () => number): void => {
    meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(read()));
  };
  heap('v8js.memory.heap.used.bytes', 'Heap in use', () => getHeapStatistics().used_heap_size);
  heap(
    'v8js.memory.heap.limit.bytes',
    'Heap at which V8 gives up',
    () => getHeapStatistics().heap_size_limit,
  );

  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter
    .createObservableGauge('nodejs.eventloop.delay.p99.seconds', { description: 'Since the last scrape' })
    .addCallback((result) => {
      result.observe(delay.count > 0 ? delay.percentile(99) / 1e9 : 0);
      delay.reset();
    });
  let last = performance.eventLoopUtilization();
  meter
    .createObservableGauge('nodejs.eventloop.utilization.ratio', { description: 'Since the last scrape' })
    .addCallback((result) => {
      const now = performance.eventLoopUtilization();
      result.observe(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    });
}
