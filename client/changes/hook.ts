import type { ReportedChange } from '../../model/change.js';
import type { Post, Source } from '../intake/source.js';

/** Settings that hold for every sender of changes. */
export interface HookSettings {
  /** Service by what a sender calls it. */
  services: Readonly<Record<string, string>>;
}

/**
 * A system that posts changes to `POST /v1/changes/<path>`. As with sources of alerts, the receiver asks in this order:
 * credentials, authenticate, read.
 */
export interface ChangeHook extends Pick<
  Source,
  'name' | 'mediaTypes' | 'parsesItself' | 'credentials' | 'authenticate'
> {
  /** Below `/v1/changes`; empty for the route itself. */
  path: string;
  /**
   * Reads a post; an event that tells of no change gives none.
   *
   * @throws MalformedPayload when the body can never be read, whoever sends it again.
   */
  read(post: Post, settings: HookSettings): ReportedChange[];
}

/** A reported change of what a sender told; what it left out says nothing. */
export function changeOf(
  told: Pick<ReportedChange, 'id' | 'kind' | 'time' | 'title' | 'source'> & Partial<ReportedChange>,
): ReportedChange {
  return { service: null, details: '', files: [], author: null, link: null, environment: null, ...told };
}

/** Whether a sender's environment counts. */
export function isCounted(environments: readonly string[], environment: string | undefined): boolean {
  return environments.length === 0 || (environment !== undefined && environments.includes(environment));
}
