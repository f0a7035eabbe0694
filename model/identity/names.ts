/*
 * One service is written in many ways: `payment`, `shop/payment`, `payment:8080`, `payment.shop.svc.cluster.local`,
 * `payment-service`, `Payment API`. Here is what each of them says, and which of them mean the same.
 */

/** A service's name as it was read, with the namespace that stood in front of it or in its address. */
export interface WrittenName {
  name: string;
  namespace: string | null;
}

/** Domains that lead to services of one's own. */
const INTERNAL_DOMAIN = /\.(svc|local|internal|consul|cluster|localdomain|lan|mesh)(\.|$)/;

/** Kubernetes' names of namespaces. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Words in front of a slash that are no namespace: Grafana's agents put theirs before every job. */
const NO_NAMESPACE = new Set(['integrations']);

/** What a Kubernetes Service is commonly called beside its workload. It means no other service. */
const DECORATION = /[-.](service|svc|headless)$/;
/** The same in names that people write, with spaces or capitals: `Payment API`, `PaymentService`. */
const TITLE_DECORATION = /(?:[\s_-]+|(?<=[a-z0-9]))(?:Service|Svc|API|Api)$|[\s_-](?:service|svc|api)$/;

const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6 = /^[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}(%\w+)?$/i;

/** Whether a host is an IP address. */
export function isIpAddress(host: string): boolean {
  return IPV4.test(host) || IPV6.test(host);
}

/** Whether a text is a namespace's name: CloudWatch's `AWS/EC2` and the like are none. */
export function isNamespace(text: string): boolean {
  return NAMESPACE.test(text);
}

/** An address without scheme, path and port; a namespace before a slash stays. */
export function hostOf(raw: string): string {
  const authority = raw.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const isAddress = authority !== raw;
  const host = isAddress ? authority.replace(/[/?#].*$/, '').replace(/^[^@]*@/, '') : authority;
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(host);
  return bracketed ? bracketed[1]! : isIpAddress(host) ? host : host.replace(/:\d+$/, '');
}

/** `shop/payment` is `payment`. */
export function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** `payment` for `payment.shop.svc.cluster.local` or `payment.shop`; null for a name that is no such address. */
export function insideName(host: string): string | null {
  const [first, ...rest] = host.split('.');
  if (!first || rest.length === 0) return null;
  return rest.length === 1 || INTERNAL_DOMAIN.test(host) ? first : null;
}

/** Whether an address leads out: a host name under a public domain. */
export function isOutside(raw: string): boolean {
  const host = hostOf(raw);
  return host.includes('.') && !isIpAddress(host) && insideName(host) === null;
}

/**
 * What a text says outright: an address without its parts, a namespace apart from the name. Nothing is guessed:
 * `payment.shop` stays, for it may be a version or a domain as well.
 */
export function readName(raw: string): WrittenName {
  const text = raw.trim();
  // Envoy's clusters: outbound|8080||payment.shop.svc.cluster.local
  const host = hostOf(text.slice(text.lastIndexOf('|') + 1).replace(/@[a-z][a-z0-9-]*$/i, ''));
  const slash = host.indexOf('/');
  if (slash > 0 && slash === host.lastIndexOf('/') && slash < host.length - 1) {
    const [namespace, name] = [host.slice(0, slash), host.slice(slash + 1)];
    const isPlace = isNamespace(namespace) && !NO_NAMESPACE.has(namespace);
    if (isPlace) return { name, namespace };
    return { name: NO_NAMESPACE.has(namespace) ? name : host, namespace: null };
  }
  return addressOf(host) ?? { name: host || text, namespace: null };
}

/** `payment.shop.svc`, also behind a pod's name (`postgres-0.postgres.shop.svc`); other domains of one's own. */
function addressOf(host: string): WrittenName | null {
  if (!/^[\w-]+(\.[\w-]+)+\.?$/.test(host) || isIpAddress(host)) return null;
  const parts = host.replace(/\.$/, '').split('.');
  const svc = parts.indexOf('svc');
  const [name, namespace] = [parts[svc - 2], parts[svc - 1]];
  if (svc >= 2 && name !== undefined && namespace !== undefined) return { name, namespace };
  return INTERNAL_DOMAIN.test(host) ? { name: parts[0]!, namespace: null } : null;
}

/**
 * What all ways to write one service have in common: lower case, one sort of hyphen, without namespace and without
 * endings that mean no other service. `payment-db` and `orders-worker` stay what they are, as does `payment-api`;
 * of a name that people wrote (`Payment API`) the last word falls away.
 */
export function canonicalName(name: string): string {
  const own = baseOf(name).trim();
  if (!/[A-Z\s]/.test(own)) return withoutEndings(own.replaceAll('_', '-'), DECORATION);
  const short = withoutEndings(own, TITLE_DECORATION).toLowerCase();
  return withoutEndings(short.replace(/[\s_]+/g, '-'), DECORATION);
}

function withoutEndings(name: string, ending: RegExp): string {
  for (let short = name; ;) {
    const next = short.replace(ending, '');
    if (next === short || next === '') return short;
    short = next;
  }
}

/**
 * Whether two names mean one service.
 *
 * @param apart names that are known to be services of their own although they look alike
 */
export function isSameName(a: string, b: string, apart: ReadonlySet<string> = new Set()): boolean {
  return a === b || (canonicalName(a) === canonicalName(b) && !(apart.has(a) && apart.has(b)));
}

/** Of known services those that look like another of them: each is a service of its own. */
export function namesApart(known: Iterable<string>): string[] {
  const byCanonical = new Map<string, string[]>();
  for (const name of new Set(known)) {
    const canonical = canonicalName(name);
    byCanonical.set(canonical, [...(byCanonical.get(canonical) ?? []), name]);
  }
  return [...byCanonical.values()].filter((alike) => alike.length > 1).flat();
}

/** Of several ways to write one service the plainest: the canonical one, else the shortest, else the first. */
export function plainestName(names: readonly string[]): string {
  return names.reduce((best, name) => {
    if (best === canonicalName(best)) return best;
    return name === canonicalName(name) || name.length < best.length ? name : best;
  });
}
