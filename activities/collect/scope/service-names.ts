import { isIP } from 'node:net';
import { group } from 'd3-array';

/*
 * Metrics name one service in many ways: `payment` as a label, `shop/payment` as the job of an OTLP source,
 * `payment:8080` or `payment.shop.svc.cluster.local` as the address that a client dials. The rule by which they
 * become one name is `ServiceNames.resolve`; packs/README.md explains it.
 */

/** Domains that lead to services of one's own. */
const INTERNAL_DOMAIN = /\.(svc|local|internal|consul|cluster|localdomain|lan|mesh)(\.|$)/;

/** What is commonly hung on a service's name without meaning another service. */
const DECORATION = /[-_.]?(service|svc|server|headless|deployment|app)$/;

/** Known services, and how what is read becomes one of them. */
export class ServiceNames {
  private readonly known: Set<string>;
  private readonly byBase: Map<string, string[]>;
  private readonly byPlain: Map<string, string[]>;

  constructor(known: Iterable<string>) {
    this.known = new Set(known);
    this.byBase = group(this.known, baseOf);
    this.byPlain = group(this.known, plain);
  }

  /**
   * The known service that a label or an address means, null when none does for certain. In this order: the name
   * as it stands; without scheme, path and port; without its namespace, or with the only namespace that has it;
   * the first label of an address inside the cluster (`payment.shop.svc`, `payment.shop`); regardless of letter
   * case, underscores and endings such as `-service`, where just one fits.
   */
  resolve(raw: string): string | null {
    if (this.known.has(raw)) return raw;
    const host = hostOf(raw);
    if (host === '' || isIP(host) !== 0) return null;
    return this.find(host) ?? this.find(insideName(host)) ?? this.findPlain(host);
  }

  private findPlain(name: string): string | null {
    const alike = this.byPlain.get(plain(name)) ?? [];
    return only(name.includes('/') ? alike.filter((known) => !known.includes('/')) : alike);
  }

  private find(name: string | null): string | null {
    if (name === null) return null;
    if (this.known.has(name)) return name;
    const base = baseOf(name);
    return this.known.has(base) ? base : name === base ? only(this.byBase.get(base)) : null;
  }
}

/** The name that people use for each raw name: without its namespace unless two namespaces have it. */
export function displayNames(raw: Iterable<string>): Map<string, string> {
  const all = [...new Set(raw)];
  const byBase = group(all, baseOf);
  return new Map(all.map((name) => [name, byBase.get(baseOf(name))!.length === 1 ? baseOf(name) : name]));
}

/** `shop/payment` is `payment`. */
export function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Whether an address leads out: a host name under a public domain. */
export function isOutside(raw: string): boolean {
  const host = hostOf(raw);
  return host.includes('.') && isIP(host) === 0 && insideName(host) === null;
}

/** An address without scheme, path and port; a namespace before a slash stays. */
export function hostOf(raw: string): string {
  const authority = raw.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const isAddress = authority !== raw;
  const host = isAddress ? authority.replace(/[/?#].*$/, '') : authority;
  const bracketed = /^\[([^\]]+)\](:\d+)?$/.exec(host);
  return bracketed ? bracketed[1]! : isIP(host) === 6 ? host : host.replace(/:\d+$/, '');
}

/** `payment` for `payment.shop.svc.cluster.local` or `payment.shop`; null for a name that is no such address. */
function insideName(host: string): string | null {
  const [first, ...rest] = host.split('.');
  if (!first || rest.length === 0) return null;
  return rest.length === 1 || INTERNAL_DOMAIN.test(host) ? first : null;
}

function plain(name: string): string {
  const lower = baseOf(name).toLowerCase().replaceAll('_', '-');
  return lower.replace(DECORATION, '') || lower;
}

function only(names: string[] | undefined): string | null {
  return names?.length === 1 ? names[0]! : null;
}
