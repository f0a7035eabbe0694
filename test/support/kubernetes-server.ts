import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Write } from './kubernetes-scenario.js';

/** An object as the API writes it. */
export interface KubernetesObject {
  metadata: { name: string; namespace?: string } & Record<string, unknown>;
  [field: string]: unknown;
}

/** Objects by the path of their list: `/api/v1/namespaces/shop/pods`. */
export type Objects = Record<string, KubernetesObject[]>;

/** What the server was asked. */
export interface Request {
  path: string;
  params: URLSearchParams;
  accept: string;
  bytes: number;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: object | string;
}

/**
 * The reading half of an API server over objects: pages, selectors of fields, metadata alone, and the refusals of its
 * authorization, in the API's own words. It stands in where no kube-apiserver can be built; `test/live` asks a real one
 * the same questions.
 */
export class KubernetesServer {
  readonly requests: Request[] = [];
  /** Plurals that nobody may list. */
  readonly forbidden = new Set<string>();
  /** Answers everything with this instead, as a server that is starting or falling does. */
  failing: Answer | null = null;
  private readonly server = createServer((request, response) => this.answer(request, response));

  private constructor(
    private readonly objects: Objects,
    /** The server's own clock, unix seconds: one that stands, or one that goes. */
    private readonly now: number | (() => number),
  ) {}

  static async start(objects: Objects, now: number | (() => number)): Promise<KubernetesServer> {
    const started = new KubernetesServer(objects, now);
    await new Promise<void>((resolve) => started.server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ url = '/', headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url, this.url);
    const accept = headers.accept ?? '';
    const { status, body, headers: more } = this.failing ?? this.answerTo(pathname, searchParams, accept);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    this.requests.push({ path: pathname, params: searchParams, accept, bytes: text.length });
    const now = typeof this.now === 'number' ? this.now : this.now();
    const date = new Date(now * 1000).toUTCString();
    response.writeHead(status, { 'Content-Type': 'application/json', Date: date, ...more }).end(text);
  }

  private answerTo(path: string, params: URLSearchParams, accept: string): Answer {
    const { namespace, resource, name } = partsOf(path);
    if (this.forbidden.has(resource)) {
      const where = namespace === null ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      const what = `User "reader" cannot list resource "${resource}" ${where}`;
      return refusal(403, 'Forbidden', `${resource} is forbidden: ${what}`);
    }
    const all = this.listed(resource, namespace);
    if (all === null) return refusal(404, 'NotFound', 'the server could not find the requested resource');
    if (name !== null) {
      const found = all.find(({ metadata }) => metadata.name === name);
      return found
        ? { status: 200, body: found }
        : refusal(404, 'NotFound', `${resource} "${name}" not found`);
    }
    const selected = all.filter((one) => fitsFields(one, params.get('fieldSelector')));
    const from = Number(params.get('continue') ?? 0);
    const to = from + Number(params.get('limit') ?? Infinity);
    const items = selected.slice(from, to);
    const isMetadata = accept.includes('as=PartialObjectMetadataList');
    const body = {
      kind: isMetadata ? 'PartialObjectMetadataList' : 'List',
      metadata: { resourceVersion: '1', ...(to < selected.length && { continue: String(to) }) },
      items: isMetadata ? items.map(({ metadata }) => ({ metadata })) : items,
    };
    return { status: 200, body };
  }

  /** Null for a kind that the cluster does not know. */
  private listed(resource: string, namespace: string | null): KubernetesObject[] | null {
    const lists = Object.entries(this.objects).filter(([list]) => partsOf(list).resource === resource);
    if (lists.length === 0) return BUILT_IN.has(resource) ? [] : null;
    const inScope = lists.filter(([list]) => namespace === null || partsOf(list).namespace === namespace);
    return inScope.flatMap(([, items]) => items);
  }
}

const BUILT_IN = new Set([
  ...[
    'pods',
    'events',
    'services',
    'persistentvolumeclaims',
    'nodes',
    'configmaps',
    'secrets',
    'deployments',
  ],
  ...['replicasets', 'statefulsets', 'daemonsets', 'jobs', 'horizontalpodautoscalers', 'endpointslices'],
  'networkpolicies',
  'controllerrevisions',
]);

function refusal(code: number, reason: string, message: string): Answer {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return { status: code, body };
}

/** `/apis/apps/v1/namespaces/shop/deployments/payment` */
export function partsOf(path: string): { namespace: string | null; resource: string; name: string | null } {
  const [, namespace, resource, name] =
    /^\/apis?\/(?:[^/]+\/)?v\d\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  return { namespace: namespace ?? null, resource: resource ?? '', name: name ?? null };
}

function fitsFields(one: KubernetesObject, selector: string | null): boolean {
  return (selector ?? '').split(',').every((term) => {
    const [, path, operator, value] = /^(.*?)(!=|==?)(.*)$/.exec(term) ?? [];
    if (path === undefined) return true;
    const found = path
      .split('.')
      .reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], one);
    return (found === value) === (operator !== '!=');
  });
}

/**
 * The objects that writes leave behind, with what an API server adds: who wrote which fields, and when.
 * @param objects what there was before; it is changed
 */
export function written(writes: readonly Write[], now: number, objects: Objects = {}): Objects {
  const time = new Date(now * 1000).toISOString().replace(/\.\d+/, '');
  for (const [index, { method, path, body }] of writes.entries()) {
    const entry = (subresource?: string): object => ({
      ...{
        manager: 'kubectl',
        operation: 'Update',
        time,
        fieldsV1: fieldsOf(encoded(body as KubernetesObject)),
      },
      ...(subresource !== undefined && { subresource }),
    });
    if (method === 'POST') {
      const { namespace } = partsOf(path);
      const given = encoded(body as KubernetesObject);
      const metadata = {
        ...{ creationTimestamp: time, resourceVersion: String(index + 1), managedFields: [entry()] },
        ...(namespace !== null && { namespace }),
        ...given.metadata,
      };
      // Pods always have a status, however empty.
      const status = path.endsWith('/pods') ? { status: { phase: 'Pending' } } : {};
      (objects[path] ??= []).push({ ...status, ...given, metadata });
      continue;
    }
    const [subresource] = /(?<=\/)(?:status|scale)$/.exec(path) ?? [];
    const [, list, name] = /^(.*)\/([^/]+)$/.exec(path.replace(/\/(?:status|scale)$/, '')) ?? [];
    const found = objects[list ?? '']?.find(({ metadata }) => metadata.name === name);
    if (!found) throw new Error(`${path}: expected an object that was created before`);
    if (method === 'DELETE') {
      objects[list!] = objects[list!]!.filter((one) => one !== found);
      continue;
    }
    const { spec, status } = body as { spec?: object; status?: object };
    if (spec) found['spec'] = { ...(found['spec'] as object), ...spec };
    if (status) found['status'] = { ...(found['status'] as object | undefined), ...status };
    const entries = found.metadata['managedFields'] as { fieldsV1: { 'f:spec'?: Record<string, object> } }[];
    // The API leaves a zero out of a scale: then nobody is known to have written it.
    for (const { fieldsV1 } of subresource === 'scale' ? entries : [])
      delete fieldsV1['f:spec']?.['f:replicas'];
    if (subresource !== 'scale' || (spec as { replicas?: number }).replicas !== 0)
      entries.push(entry(subresource) as never);
  }
  return objects;
}

/** Secrets are kept encoded. */
function encoded({ stringData, ...rest }: KubernetesObject): KubernetesObject {
  if (typeof stringData !== 'object' || stringData === null) return rest;
  const data = Object.entries(stringData as Record<string, string>).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...rest, data: Object.fromEntries(data) as object };
}

/** The set of the fields of an object, as managedFields hold it. */
function fieldsOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const fields = Object.entries(value).flatMap(([key, inside]) =>
    key === 'apiVersion' || key === 'kind' || key === 'name' ? [] : [[`f:${key}`, fieldsOf(inside)]],
  );
  return Object.fromEntries(fields) as object;
}
