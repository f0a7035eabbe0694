import type { ReceiverAuth } from './receiver-auth.js';
import type { WebhookConfig } from './webhook.js';

/** Something of the receiver that asks nobody for credentials or a signature. */
export interface Opening {
  /** Where it is closed, below `webhook`. */
  path: string[];
  /** `may raise incidents as Datadog` */
  risk: string;
  remedy: string;
}

type Settings = Pick<WebhookConfig, 'host' | 'auth' | 'api' | 'allowUnauthenticated' | 'sources' | 'changes'>;

/** Whether only programs of the same host reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether Alertmanager's posts are taken: it needs no settings of its own, so it is on where it is named, where there
 * are credentials for it, and where nobody else can reach it.
 */
export function isAlertmanagerOn({ host, auth, allowUnauthenticated, sources }: Settings): boolean {
  const isNamed = sources.alertmanager !== undefined || auth.type !== 'none';
  return isNamed || isLoopback(host) || allowUnauthenticated;
}

/** Whether changes are taken in our own words, on the same terms. */
export function isPlainChangesOn({ host, auth, allowUnauthenticated, changes }: Settings): boolean {
  const isNamed = changes.plain !== undefined || auth.type !== 'none';
  return isNamed || isLoopback(host) || allowUnauthenticated;
}

/** Whether any source is turned on by name. */
export function hasSources({ sources: { generic, ...named } }: Pick<Settings, 'sources'>): boolean {
  return generic.length > 0 || Object.values(named).some((source) => source !== undefined);
}

/** Whether any sender of changes is turned on by name. */
export function hasHooks({ changes }: Pick<Settings, 'changes'>): boolean {
  return Object.entries(changes).some(([name, hook]) => name !== 'services' && hook !== undefined);
}

/** The credentials of the API; null when it is off. */
export function apiAuthOf({ host, auth, api }: Settings): NonNullable<Settings['api']['auth']> | null {
  // Where alerts need credentials others reach the receiver, be it through a proxy on this host.
  const isPrivate = isLoopback(host) && auth.type === 'none';
  return api.auth ?? (isPrivate ? { type: 'none' } : null);
}

/** All of the receiver that anyone who reaches it may use, whatever its host. */
export function openToAnyone(settings: Settings): Opening[] {
  const { auth, sources } = settings;
  const isOpen = (own: ReceiverAuth | undefined): boolean => (own ?? auth).type === 'none';
  const raising: [
    isOn: boolean,
    source: { auth?: ReceiverAuth | undefined } | undefined,
    string[],
    string,
  ][] = [
    [isAlertmanagerOn(settings), sources.alertmanager, ['alertmanager'], 'Alertmanager'],
    [!sources.grafana?.signature, sources.grafana, ['grafana'], 'Grafana'],
    [true, sources.datadog, ['datadog'], 'Datadog'],
    [true, sources.googleCloud, ['googleCloud'], 'Google Cloud Monitoring'],
    [true, sources.opsgenie, ['opsgenie'], 'Opsgenie'],
    [true, sources.cloudevents, ['cloudevents'], 'a sender of CloudEvents'],
    ...sources.generic.map((one, i): (typeof raising)[number] => [
      true,
      one,
      ['generic', String(i)],
      `the generic source '${one.name}'`,
    ]),
  ];
  const openings = raising.flatMap(([isOn, source, path, name]): Opening[] => {
    const isConfigured = source !== undefined || (name === 'Alertmanager' && isOn);
    if (!isOn || !isConfigured || !isOpen(source?.auth)) return [];
    const place = source === undefined ? ['auth'] : ['sources', ...path, 'auth'];
    return [
      {
        path: place,
        risk: `may raise incidents as ${name}`,
        remedy: `set webhook.${place.join('.')} to bearer, basic or header`,
      },
    ];
  });
  const { plain, argocd, flux, unleash } = settings.changes;
  const reporting: [hook: { auth?: ReceiverAuth | undefined } | undefined, name: string][] = [
    [isPlainChangesOn(settings) ? (plain ?? {}) : undefined, 'plain'],
    [argocd, 'argocd'],
    [flux?.secrets ? undefined : flux, 'flux'],
    [unleash, 'unleash'],
  ];
  for (const [hook, name] of reporting) {
    if (hook === undefined || !isOpen(hook.auth)) continue;
    const path = name === 'plain' && plain === undefined ? ['auth'] : ['changes', name, 'auth'];
    openings.push({
      path,
      risk: `may report changes (${name})`,
      remedy: `set webhook.${path.join('.')} to bearer, basic or header`,
    });
  }
  if (apiAuthOf(settings)?.type === 'none') {
    openings.push({
      path: ['api', 'auth'],
      risk: 'may read, acknowledge, rerun and cancel incidents',
      remedy: 'set webhook.api.auth to bearer',
    });
  }
  return openings;
}
