import type { GenericConfig } from '../../../config/sources/generic.js';
import type { Source } from '../source.js';
import { Mapping } from './mapping.js';

/** Any JSON, read by the paths of the configuration: `POST /v1/generic/<name>`. */
export function generic(settings: GenericConfig): Source {
  const { name, auth } = settings;
  const mapping = new Mapping(settings);
  return {
    name,
    path: `generic/${name}`,
    title: `generic source '${name}'`,
    credentials: auth,
    read: ({ body }) => mapping.itemsIn(body),
  };
}
