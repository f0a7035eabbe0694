import { group } from 'd3-array';
import { AliasTable, type Aliases } from '../../../model/identity/aliases.js';
import { baseOf, canonicalName, hostOf, insideName, isIpAddress } from '../../../model/identity/names.js';

/*
 * Metrics name one service in many ways: `payment` as a label, `shop/payment` as the job of an OTLP source,
 * `payment:8080` or `payment.shop.svc.cluster.local` as the address that a client dials. The rule by which they
 * become one name is `ServiceNames.resolve`; packs/README.md explains it.
 */

/** What is also hung on a name without meaning another service, where only one service can be meant. */
const DECORATION = /[-_.]?(service|svc|server|headless|deployment|app)$/;

/** Known services, and how what is read becomes one of them. */
export class ServiceNames {
  private readonly known: Set<string>;
  private readonly byBase: Map<string, string[]>;
  private readonly byPlain: Map<string, string[]>;
  private readonly aliases: AliasTable;

  constructor(known: Iterable<string>, aliases: Aliases = {}) {
    this.known = new Set(known);
    this.byBase = group(this.known, baseOf);
    this.byPlain = group(this.known, plain);
    this.aliases = new AliasTable(aliases);
  }

  /**
   * The known service that a label or an address means, null when none does for certain. In this order: what the
   * configuration says (`services.aliases`); the name as it stands; without scheme, path and port; without its
   * namespace, or with the only namespace that has it; the first label of an address inside the cluster
   * (`payment.shop.svc`, `payment.shop`); regardless of letter case, underscores and endings such as `-service`, where
   * just one fits.
   */
  resolve(raw: string): string | null {
    const name = this.aliases.nameFor(raw);
    if (name === null) return this.lookUp(raw);
    const spellings = [name, raw, ...this.aliases.spellingsOf(name)];
    return spellings.map((spelling) => this.lookUp(spelling)).find((known) => known !== null) ?? null;
  }

  /** The known service that the first of these names means which means one; else the last of them as it is. */
  resolveAny(spellings: readonly string[]): string {
    return (
      spellings.map((one) => this.resolve(one)).find((known) => known !== null) ?? spellings.at(-1) ?? ''
    );
  }

  /** The same for the service of an alert that says in which namespaces it is. */
  resolveIn(name: string, namespaces: readonly (string | undefined)[]): string | null {
    const [namespace, ...others] = namespaces;
    const isSure = namespace !== undefined && others.length === 0;
    return (isSure ? this.resolve(`${namespace}/${name}`) : null) ?? this.resolve(name);
  }

  private lookUp(raw: string): string | null {
    if (this.known.has(raw)) return raw;
    const host = hostOf(raw);
    if (host === '' || isIpAddress(host)) return null;
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

function plain(name: string): string {
  const canonical = canonicalName(name);
  return canonical.replace(DECORATION, '') || canonical;
}

function only(names: string[] | undefined): string | null {
  return names?.length === 1 ? names[0]! : null;
}
