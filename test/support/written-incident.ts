import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeOpenMetrics } from './open-metrics.js';
import { startWrittenPrometheus, type WrittenPrometheus } from './prometheus.js';
import { startSink, type TestSink } from './sink.js';

/** A real Prometheus with an hour of a small estate in which `payment` burned CPU at the end, and a sink. */
export interface WrittenIncident {
  directory: string;
  prometheus: WrittenPrometheus;
  sink: TestSink;
  /** When payment began to burn CPU, and when the alert at the storefront began; unix seconds. */
  onset: number;
  alert: number;
  close(): Promise<void>;
}

const AFTER_ALERT_SECONDS = 180;
const DETECTION_SECONDS = 60;

export async function writeIncident(): Promise<WrittenIncident> {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-incident-'));
  const alert = Math.floor(Date.now() / 1000) - AFTER_ALERT_SECONDS;
  const onset = alert - DETECTION_SECONDS;
  const metrics = writeOpenMetrics({
    start: alert - 3600,
    end: alert + AFTER_ALERT_SECONDS,
    stepSeconds: 15,
    onset,
    faulty: 'payment',
    extraSeconds: 0.8,
  });
  const prometheus = await startWrittenPrometheus(directory, metrics);
  const sink = await startSink();
  return {
    directory,
    prometheus,
    sink,
    onset,
    alert,
    close: async () => {
      await sink.close();
      await prometheus.stop();
      await rm(directory, { recursive: true });
    },
  };
}
