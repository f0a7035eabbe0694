import type { Config } from '../../config/schema.js';
import { alertmanager } from './alertmanager/source.js';
import type { Source } from './source.js';

/** The systems whose posts are taken: Alertmanager always, the others when they are configured. */
export function openSources({ sources }: Pick<Config['webhook'], 'sources'>): Source[] {
  void sources;
  return [alertmanager];
}
