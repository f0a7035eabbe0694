import type { TraceSourceConfig } from '../../../config/traces.js';
import { JaegerSource } from './jaeger.js';
import { OpenSearchSource } from './opensearch.js';
import { OtlpFileSource } from './otlp-file.js';
import type { TraceSource } from './source.js';
import { TempoSource } from './tempo.js';

/** A configured source of traces; nothing is asked of it yet. */
export function openTraceSource(config: TraceSourceConfig): TraceSource {
  switch (config.type) {
    case 'jaeger':
      return new JaegerSource(config);
    case 'tempo':
      return new TempoSource(config);
    case 'opensearch':
      return new OpenSearchSource(config);
    case 'otlp-file':
      return new OtlpFileSource(config);
  }
}
