import { z } from 'zod';
import { filePath, outgoingAuth, seconds, secret, serverUrl, tls } from './primitives.js';

/** Repositories, projects or applications of one source: each costs requests with every diagnosis. */
const MOST_PLACES = 50;
const MOST_NAMES = 1_000;

const named = { name: z.string().min(1) };

const asked = {
  auth: outgoingAuth.default({ type: 'none' }),
  tls,
  /** Sent with every request. */
  headers: z.record(z.string(), secret).default({}),
  /** How long one request may take. */
  timeoutSeconds: seconds.default(10),
};

/** Service by what the source calls it (an application, a repository, a project), where the two names differ. */
const services = z
  .record(z.string().min(1).max(200), z.string().min(1).max(120))
  .refine((table) => Object.keys(table).length <= MOST_NAMES, `expected at most ${MOST_NAMES} names`)
  .default({});

/** What is read of a forge. */
const forge = {
  /** Environments whose deployments count; all when the list is empty. */
  environments: z.array(z.string().min(1).max(100)).max(20).default([]),
  /** What counts as a change. A merge or a release counts where it takes effect by itself. */
  read: z
    .array(z.enum(['deployments', 'releases', 'merges']))
    .min(1)
    .default(['deployments']),
  services,
};

/** A JSON array of changes (model/change.ts) in a file. */
const fileSource = z.strictObject({ type: z.literal('file'), ...named, file: filePath });

/** An address that answers GET with a JSON array of changes; `from` and `to` (unix seconds) are added to the query. */
const httpSource = z.strictObject({ type: z.literal('http'), ...named, url: serverUrl, ...asked });
export type HttpChangesConfig = z.infer<typeof httpSource>;

const argocdSource = z.strictObject({
  type: z.literal('argocd'),
  ...named,
  /** Base address of the API server, without /api/v1. */
  url: serverUrl,
  ...asked,
  /** Argo CD projects whose applications are read; all that the account may see when the list is empty. */
  projects: z.array(z.string().min(1)).max(MOST_PLACES).default([]),
  services,
});
export type ArgocdConfig = z.infer<typeof argocdSource>;

const githubSource = z.strictObject({
  type: z.literal('github'),
  ...named,
  /** Base address of the REST API; of GitHub Enterprise Server `https://<host>/api/v3`. */
  url: serverUrl.default('https://api.github.com'),
  ...asked,
  repositories: z
    .array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'expected owner/name'))
    .min(1)
    .max(MOST_PLACES),
  ...forge,
});
export type GithubChangesConfig = z.infer<typeof githubSource>;

const gitlabSource = z.strictObject({
  type: z.literal('gitlab'),
  ...named,
  /** Base address, without /api/v4. */
  url: serverUrl.default('https://gitlab.com'),
  ...asked,
  projects: z
    .array(z.string().regex(/^([\w.-]+\/)+[\w.-]+$/, 'expected group/project'))
    .min(1)
    .max(MOST_PLACES),
  ...forge,
});
export type GitlabChangesConfig = z.infer<typeof gitlabSource>;

const grafanaSource = z.strictObject({
  type: z.literal('grafana'),
  ...named,
  /** Base address of Grafana. */
  url: serverUrl,
  ...asked,
  /** Annotations with any of these tags are changes. */
  tags: z.array(z.string().min(1)).min(1).max(20).default(['deploy', 'deployment', 'release']),
  /** Tags that name a service begin with this: `service:checkout`. */
  serviceTag: z.string().min(1).default('service:'),
  services,
});
export type GrafanaChangesConfig = z.infer<typeof grafanaSource>;

const changeSource = z.discriminatedUnion('type', [
  fileSource,
  httpSource,
  argocdSource,
  githubSource,
  gitlabSource,
  grafanaSource,
]);
export type ChangeSourceConfig = z.infer<typeof changeSource>;

/** Where deploys and other changes are read, beside those that are posted to Faultline. */
export const changes = z
  .array(changeSource)
  .default([])
  .superRefine((list, context) => {
    list.forEach(({ name }, i) => {
      if (list.findIndex((other) => other.name === name) === i) return;
      const message = `another source of changes is called '${name}'; give each its own name`;
      context.addIssue({ code: 'custom', path: [i, 'name'], message });
    });
  });
