import type { Config } from '../config/schema.js';
import { ANALYSIS_TASK_QUEUE, COLLECT_TASK_QUEUE } from '../model/messages.js';
import type { Activities, Policy } from './contract.js';

/** The `readPolicy` activity: how this worker's configuration wants incidents to be followed. */
export function createReadPolicy(deps: {
  config: Config;
  productVersion: string;
}): Pick<Activities, 'readPolicy'> {
  const { diagnosis, followUp, metrics, temporal, logs, traces, kubernetes, status } = deps.config;
  const namesOf = (sources: readonly { name: string }[]): string[] => sources.map(({ name }) => name);
  return {
    readPolicy: () =>
      Promise.resolve({
        families: ['golden', 'edges', 'resources', 'hosts'],
        observedSeconds: diagnosis.afterSeconds,
        sources: {
          logs: namesOf(logs),
          traces: namesOf(traces),
          state: namesOf([...kubernetes, ...status]),
        },
        checkSuspects: diagnosis.checkSuspects,
        sourceTimeoutSeconds: diagnosis.sourceTimeoutSeconds,
        analysisTimeoutSeconds: diagnosis.timeoutSeconds,
        taskQueues: { collect: COLLECT_TASK_QUEUE, analyse: ANALYSIS_TASK_QUEUE },
        ...followUp,
        uiUrl: temporal.uiUrl ?? null,
        metricsPages: metricsPages(metrics),
        productVersion: deps.productVersion,
      }),
  };
}

function metricsPages(sources: Config['metrics']): Policy['metricsPages'] {
  return sources.flatMap((source) => {
    const url = source.type === 'prometheus' ? source.publicUrl : undefined;
    const title = sources.length === 1 ? 'Metrics' : `Metrics of ${source.name}`;
    return url === undefined ? [] : [{ title, url }];
  });
}
