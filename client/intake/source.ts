import type { IncomingHttpHeaders } from 'node:http';
import type { Heartbeat } from '../../config/heartbeats.js';
import type { Config } from '../../config/schema.js';
import type { ReceiverAuth } from '../../config/receiver-auth.js';
import { AliasTable } from '../../model/identity/aliases.js';
import { environmentsOf, type KeptEnvironment } from './environments.js';
import { WrongMediaType } from './problems.js';
import type { Item } from './reading.js';

/** Settings that decide how foreign labels are read. */
export interface ReadingSettings {
  /** For signals that name no environment themselves. */
  environment: string;
  /** Under which environment an alert that names this one is kept (environments.ts). */
  keptEnvironment: (name: string) => KeptEnvironment;
  /** A start that is longer ago is not believed. */
  maxAlertAgeSeconds: number;
  /** Alerts that are meant to fire always and open nothing. */
  alwaysFiring: { alertNames: string[]; severities: string[] };
  /** Alerts that must come again and again; they open nothing. */
  heartbeats: readonly Pick<Heartbeat, 'name' | 'match'>[];
  /** Labels that name the service, the first that is present. */
  serviceLabels: string[];
  environmentLabels: string[];
  /** What the configuration calls services that are written otherwise. */
  aliases: AliasTable;
}

/** A post as it arrived, before anything in it is believed. */
export interface RawPost {
  /** The body byte by byte: what signatures are made of. */
  bytes: Buffer;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  /** Unix seconds. */
  receivedAt: number;
}

/** A post whose sender is known. */
export interface Post extends RawPost {
  /** The body, parsed; undefined for a source that parses by itself. */
  body: unknown;
}

/**
 * A system that posts signals. Each has a folder of its own: the schema of its payload, and an adapter that is pure.
 * The receiver serves it at `POST /v1/<path>`, and asks in this order: credentials, authenticate, read.
 */
export interface Source {
  /** The metrics' label and part of every anomaly: `alertmanager`. */
  name: string;
  /** Below `/v1/`. @default the name */
  path?: string | undefined;
  /** How people call it: `Alertmanager`. */
  title: string;
  /** The largest body that it sends. @default `webhook.bodyLimitBytes` */
  bodyLimitBytes?: number | undefined;
  /** Media types that it takes. @default application/json */
  mediaTypes?: readonly string[] | undefined;
  /** Whether it reads `bytes` itself, as its format depends on the headers. @default false: the body is JSON */
  parsesItself?: boolean | undefined;
  /** What its headers must show before the body is looked at. @default `webhook.auth` */
  credentials?: ReceiverAuth | undefined;
  /**
   * Looks at the signature, if it has one.
   *
   * @throws NotAuthentic
   * @throws VerificationUnavailable when that cannot be told now
   */
  authenticate?(post: RawPost): void | Promise<void>;
  /**
   * Reads a post: an item for each alert, what is left out included. May be a generator, which is read bit by bit.
   *
   * @throws MalformedPayload when the body can never be read, whoever sends it again.
   */
  read(post: Post, settings: ReadingSettings): Iterable<Item> | Promise<Iterable<Item>>;
}

/** The settings of one receiver; they hold which environments it has seen. */
export function readingSettings(
  config: Pick<Config, 'environment' | 'services' | 'webhook' | 'triage'>,
): ReadingSettings {
  const { serviceLabels, environmentLabels, maxAlertAgeDays, alwaysFiring, heartbeats } = config.webhook;
  return {
    environment: config.environment,
    keptEnvironment: environmentsOf(config),
    maxAlertAgeSeconds: maxAlertAgeDays * 86_400,
    alwaysFiring,
    heartbeats,
    serviceLabels,
    environmentLabels,
    aliases: new AliasTable(config.services.aliases),
  };
}

/** A header's text; undefined when it is absent or was sent more than once. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

const JSON_ONLY = ['application/json'];

/** @throws WrongMediaType when the body is of a kind that the sender does not send */
export function demandMediaType(
  { mediaTypes = JSON_ONLY }: Pick<Source, 'mediaTypes'>,
  { headers }: RawPost,
): void {
  const type = headerOf(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  if (!mediaTypes.includes(type)) throw new WrongMediaType(mediaTypes);
}
