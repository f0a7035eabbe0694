import type { AxiosResponse } from 'axios';
import { z } from 'zod';
import type { KubernetesConfig } from '../../../config/kubernetes.js';
import type { Gap } from '../../../model/gap.js';
import { maskSecrets } from '../../../report/mask.js';
import { answerTo, refusalOf, type Question } from '../asking.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import {
  BadCredentials,
  BadQuery,
  isOutage,
  NotASource,
  type SourceError,
  SourceUnavailable,
  type Asked,
} from '../metrics/source/errors.js';
import type { ObjectKind } from './kinds.js';
import type { Transport } from './transport.js';

/** Objects of one page: the API server answers such a page from its cache within milliseconds. */
const PAGE = 250;
/** Objects of one kind in one namespace (or in all, where names are looked for): beyond them nobody runs one system. */
export const MAX_OBJECTS = 2_000;
/** A page of whole pods has about 3 MiB; more is no list that a person made. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;
/** All answers of one diagnosis's question: ten namespaces of some hundred pods each. */
const MAX_TOTAL_BYTES = 96 * 1024 * 1024;

const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** The API's own way to say no. */
const status = z.object({ kind: z.literal('Status'), message: z.string().default('') });
const page = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(z.unknown()).nullable(),
});

export interface ListRequest {
  /** All namespaces when left out, for kinds that have them. */
  namespace?: string;
  /** `type=Warning` */
  fieldSelector?: string;
}

export interface Listing<T> {
  items: T[];
  /** False where a part is missing: what is not on such a list may exist all the same. */
  isWhole: boolean;
}

/** One cluster's API, read within limits. What cannot be read is a gap; nothing is ever written. */
export class KubernetesApi {
  readonly gaps: Gap[] = [];
  private bytes = 0;
  private serverTime: number | null = null;
  /** Once the server is away, no other question would fare better. */
  private away: SourceError | null = null;

  constructor(
    private readonly config: Pick<KubernetesConfig, 'name' | 'timeoutSeconds'>,
    private readonly transport: Transport,
    private readonly limits: Limits,
  ) {}

  /**
   * The server's own clock, unix seconds: the times of its objects are read by it, however far the clock of this host
   * is off. Before its first answer, this host's.
   */
  get now(): number {
    return this.serverTime ?? Date.now() / 1000;
  }

  /** The name of the source, for gaps. */
  get name(): string {
    return this.config.name;
  }

  /** The objects of a kind. Rejects only when the work is cancelled, or when another attempt is worth it. */
  async list<T>(kind: ObjectKind<T>, { namespace, fieldSelector }: ListRequest = {}): Promise<Listing<T>> {
    const items: T[] = [];
    const what = `${kind.resource}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
    const cut = (reason: string): Listing<T> => {
      this.gaps.push({ source: this.config.name, what: `part of ${what}`, reason });
      return { items, isWhole: false };
    };
    const params = new URLSearchParams({
      limit: String(PAGE),
      ...(fieldSelector !== undefined && { fieldSelector }),
    });
    const path = pathOf(kind, namespace);
    let wrong = 0;
    for (;;) {
      let read: z.infer<typeof page> | null;
      try {
        read = await this.pageOf(kind, path, params, namespace);
      } catch (error) {
        const gap = gapOf(error, this.limits, this.config.name, items.length > 0 ? `part of ${what}` : what);
        this.gaps.push(gap);
        return { items, isWhole: false };
      }
      if (read === null) return { items, isWhole: true };
      for (const one of read.items ?? []) {
        const parsed = kind.schema.safeParse(one);
        if (parsed.success) items.push(parsed.data);
        else wrong += 1;
      }
      const next = read.metadata?.continue ?? '';
      if (next === '') break;
      if (items.length >= MAX_OBJECTS)
        return cut(`of one kind ${MAX_OBJECTS} objects are read, and there are more`);
      if (this.bytes >= MAX_TOTAL_BYTES)
        return cut(`${MAX_TOTAL_BYTES / 1024 / 1024} MiB are read of one cluster`);
      params.set('continue', next);
    }
    return wrong === 0
      ? { items, isWhole: true }
      : cut(`${wrong} of them do not have the form of Kubernetes`);
  }

  /** Why a kind cannot be listed, by asking for one object of it; null when it can. */
  async probe<T>(kind: ObjectKind<T>, namespace: string | undefined): Promise<string | null> {
    try {
      await this.pageOf(kind, pathOf(kind, namespace), new URLSearchParams({ limit: '1' }), namespace);
      return null;
    } catch (error) {
      return gapOf(error, this.limits, this.config.name, kind.resource).reason;
    }
  }

  /** One object by its name; null where there is none, or it cannot be read, which is a gap. */
  async get<T>(kind: ObjectKind<T>, name: string): Promise<T | null> {
    const path = `${pathOf(kind, undefined)}/${encodeURIComponent(name)}`;
    const what = `${kind.resource} ${name}`;
    try {
      const response = await this.ask(path, new URLSearchParams(), 'application/json', 'get');
      if (response.status === 404) return null;
      const parsed = kind.schema.safeParse(this.bodyOf(response, kind, path, 'get', undefined));
      if (parsed.success) return parsed.data;
      throw new NotASource(this.asked(path, 'get'), 'the answer does not have the form of Kubernetes');
    } catch (error) {
      this.gaps.push(gapOf(error, this.limits, this.config.name, what));
      return null;
    }
  }

  /** A page; null where the cluster has no such kind, and need not have it. */
  private async pageOf<T>(
    kind: ObjectKind<T>,
    path: string,
    params: URLSearchParams,
    namespace: string | undefined,
  ): Promise<z.infer<typeof page> | null> {
    const accept = kind.metadataOnly ? METADATA_LIST : 'application/json';
    const response = await this.ask(path, params, accept, 'list');
    if (response.status === 404 && kind.optional) return null;
    const parsed = page.safeParse(this.bodyOf(response, kind, path, 'list', namespace));
    if (parsed.success) return parsed.data;
    throw new NotASource(this.asked(path, 'list'), 'the answer is no list of the Kubernetes API');
  }

  private asked(path: string, operation: string): Asked {
    return { operation, endpoint: this.transport.address + path };
  }

  private async ask(
    path: string,
    params: URLSearchParams,
    accept: string,
    operation: string,
  ): Promise<AxiosResponse<Buffer>> {
    if (this.away !== null) throw this.away;
    const question = { ...this.question(this.asked(path, operation)), signal: this.limits.signal };
    try {
      const response = await answerTo(question, (options) =>
        this.transport.get(path, params, {
          ...options,
          headers: { Accept: accept },
          responseType: 'arraybuffer',
        }),
      );
      this.bytes += response.data.length;
      const date = Date.parse(String(response.headers['date'])) / 1000;
      if (!Number.isNaN(date)) this.serverTime = date;
      return response;
    } catch (error) {
      throw this.failed(error);
    }
  }

  private question(asked: Asked): Question {
    const { name, timeoutSeconds } = this.config;
    const clean = (text: string): string => this.transport.clean(text);
    return { asked, setting: `kubernetes.${name}`, timeoutSeconds, mostBytes: MAX_PAGE_BYTES, clean };
  }

  private failed<E>(error: E): E {
    if (isOutage(error)) this.away = error;
    return error;
  }

  /** @throws SourceError */
  private bodyOf<T>(
    response: AxiosResponse<Buffer>,
    kind: ObjectKind<T>,
    path: string,
    verb: string,
    namespace: string | undefined,
  ): unknown {
    const body = jsonOrNull(response.data);
    if (response.status === 200 && body !== null) return body;
    const asked = this.asked(path, verb);
    const told = status.safeParse(body).data?.message ?? '';
    const reason = this.transport.clean(maskSecrets(`${response.status} ${told}`.trim()));
    throw this.failed(this.refusal(response, kind, { asked, told, reason, namespace }));
  }

  /** The decision that follows from a status other than 200. */
  private refusal<T>(
    response: AxiosResponse<Buffer>,
    kind: ObjectKind<T>,
    {
      asked,
      told,
      reason,
      namespace,
    }: { asked: Asked; told: string; reason: string; namespace: string | undefined },
  ): SourceError {
    const { status: code } = response;
    if (code === 403) return new BadCredentials(asked, missingRule(kind, asked.operation, namespace));
    if (code === 401) return new BadCredentials(asked, `${reason}: the API server does not know who asks`);
    if (code === 410) return new BadQuery(asked, 'the list changed too much while it was read');
    // Also when it had no answer in time: a server of a cluster that is slow for one list is so for all.
    if (code >= 500) return new SourceUnavailable(asked, reason);
    if (code < 300 || (code >= 400 && told === '' && code !== 429)) {
      return new NotASource(asked, `${reason}: is the address that of a Kubernetes API server?`);
    }
    return refusalOf(this.question(asked), response, reason, 'its address');
  }
}

/** What somebody has to add to a role, in the words of a role. */
function missingRule(
  { resource, group }: ObjectKind<unknown>,
  verb: string,
  namespace: string | undefined,
): string {
  const where = namespace === undefined ? ' in all namespaces' : ` in namespace ${namespace}`;
  return `it is forbidden; a role has to allow "${verb}" on "${resource}" of API group "${group}"${where} (deploy/kubernetes-rbac.yml has the rules)`;
}

function pathOf({ group, version, resource }: ObjectKind<unknown>, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined
    ? `${root}/${resource}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${resource}`;
}

function jsonOrNull(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
