import type { SinkConfig } from '../../config/sinks/index.js';
import { warning, type Finding } from './finding.js';
import { reach } from './reach.js';

/** Whether each place that summaries go to can be reached; nothing is posted. */
export async function examineSinks(sinks: readonly SinkConfig[]): Promise<Finding[]> {
  if (sinks.length === 0) {
    const state = warning('none: summaries go to files only', 'add one under `sinks`');
    return [{ area: 'sinks', subject: 'sinks', ...state }];
  }
  return Promise.all(
    sinks.map(async (sink, index): Promise<Finding> => ({
      area: 'sinks',
      subject: `sink '${sink.name}'`,
      ...(await reach({ ...sink, setting: `sinks[${index}].url` })),
    })),
  );
}
