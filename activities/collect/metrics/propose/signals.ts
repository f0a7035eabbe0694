import type { SignalKind } from '../../../../model/series.js';

/** A signal that is read by a query of its own, as opposed to requests. */
export interface ProposedSignal {
  id: string;
  name: string;
  signal: SignalKind;
  unit: string;
  worse: 'up' | 'down' | 'either';
  isServed: boolean;
  query: string;
}

export function latency(which: string, query: string): ProposedSignal {
  const [id, name] = [`latency-${which}`, `latency ${which}`];
  return { id, name, signal: 'latency', unit: 's', worse: 'up', isServed: true, query };
}

export function errorRatio(query: string): ProposedSignal {
  const what = { id: 'error-ratio', name: 'error ratio', signal: 'errors' as const };
  return { ...what, unit: '1', worse: 'up', isServed: true, query };
}

export function traffic(query: string): ProposedSignal {
  const what = { id: 'request-rate', name: 'requests', signal: 'traffic' as const };
  return { ...what, unit: 'req/s', worse: 'either', isServed: true, query };
}
