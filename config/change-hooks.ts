import { z } from 'zod';
import { secrets, withCredentials } from './sources/base.js';

const credentialsOnly = z.strictObject(withCredentials);

/** Environments of a sender whose changes count; all when the list is empty. */
const environments = z.array(z.string().min(1).max(100)).max(20).default([]);

const githubHook = z.strictObject({ secrets, environments });
export type GithubHookConfig = z.infer<typeof githubHook>;

const fluxHook = z.strictObject({
  ...withCredentials,
  /** Of a provider of type generic-hmac. One of type generic signs nothing: it needs credentials. */
  secrets: secrets.optional(),
});
export type FluxHookConfig = z.infer<typeof fluxHook>;

const launchdarklyHook = z.strictObject({ secrets, environments });
export type LaunchdarklyHookConfig = z.infer<typeof launchdarklyHook>;

const unleashHook = z.strictObject({ ...withCredentials, environments });
export type UnleashHookConfig = z.infer<typeof unleashHook>;

const MOST_NAMES = 1_000;

/**
 * Who may report changes to the receiver, below `/v1/changes`. The plain route is also on where `webhook.auth` is set
 * or the receiver listens on loopback.
 */
export const changeHooks = z
  .strictObject({
    plain: credentialsOnly.optional(),
    github: githubHook.optional(),
    argocd: credentialsOnly.optional(),
    flux: fluxHook.optional(),
    launchdarkly: launchdarklyHook.optional(),
    unleash: unleashHook.optional(),
    /** Service by what a sender calls it (repository, application, flag), where the two names differ. */
    services: z
      .record(z.string().min(1).max(200), z.string().min(1).max(120))
      .refine((table) => Object.keys(table).length <= MOST_NAMES, `expected at most ${MOST_NAMES} names`)
      .default({}),
  })
  .prefault({});
export type ChangeHooksConfig = z.infer<typeof changeHooks>;
