import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { isMatch } from 'matcher';

/** A check was not made, or what it asked cannot be concluded from: no sign of trouble. */
export class CannotCheck extends Error {
  override readonly name = 'CannotCheck';
}

/** The name has no address: what a client of it sees as well. */
export class NoAddress extends Error {
  override readonly name = 'NoAddress';
}

/** Where a check may connect to, resolved once: whoever connects uses the address and not the name. */
export interface Endpoint {
  host: string;
  port: number;
  address: string;
}

/** One entry of `checks.allow`. */
interface Rule {
  /** A pattern of names; null for a rule of addresses. */
  name: string | null;
  addresses: BlockList | null;
  port: number | null;
}

/** Networks that hold what no client elsewhere should reach: allowed by address alone. */
const PRIVATE_TO_A_HOST = networks([
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'fd00:ec2::/32',
  'ff00::/8',
]);

/** Decides where checks may connect to, by the resolved address. */
export class Guard {
  private readonly rules: Rule[];

  constructor(
    allow: readonly string[],
    private readonly resolve: (host: string) => Promise<string[]> = addressesOf,
  ) {
    this.rules = allow.map(ruleOf);
  }

  /**
   * The address to connect to. Of several the first is taken, and all must be allowed: a name that also leads elsewhere
   * is not trusted.
   * @throws NoAddress when the name cannot be resolved, CannotCheck when it may not be connected to
   */
  async endpoint(host: string, port: number): Promise<Endpoint> {
    const name = host.replace(/^\[|\]$/gu, '');
    const addresses = isIP(name) === 0 ? await this.resolve(name) : [name];
    if (addresses.length === 0) throw new NoAddress(`${name} has no address`);
    const refusal = this.refusalOf(name, addresses, port);
    if (refusal !== null) throw new CannotCheck(refusal);
    return { host: name, port, address: addresses[0]! };
  }

  /** Why none of these addresses of a name may be connected to; null when they may. */
  refusalOf(name: string, addresses: readonly string[], port: number): string | null {
    const refused = addresses.find((address) => !this.allows(name, address, port));
    if (refused === undefined) return null;
    const which = refused === name ? `${name}:${port}` : `${name}:${port} (${refused})`;
    return `checks.allow does not allow ${which}`;
  }

  /** For libraries that connect by name themselves: looks up what may be connected to. `refuse` is told why not. */
  lookupFor(port: number, refuse: (reason: string) => void): LookupFunction {
    return (host, options, answer) => {
      this.endpoint(host, port).then(
        ({ address }) => answerLookup(address, options, answer),
        (error: unknown) => {
          if (error instanceof CannotCheck) refuse(error.message);
          answer(error as Error, '');
        },
      );
    };
  }

  private allows(name: string, address: string, port: number): boolean {
    const fits = this.rules.filter((rule) => rule.port === null || rule.port === port);
    if (fits.some(({ addresses }) => addresses !== null && contains(addresses, address))) return true;
    if (contains(PRIVATE_TO_A_HOST, address)) return false;
    return fits.some((rule) => rule.name !== null && isMatch(name.toLowerCase(), rule.name));
  }
}

/** Answers a look-up with the one address, as it was asked for. */
export function answerLookup(
  address: string,
  { all }: Parameters<LookupFunction>[1],
  answer: Parameters<LookupFunction>[2],
): void {
  const family = isIP(address);
  if (all) answer(null, [{ address, family }]);
  else answer(null, address, family);
}

/** All addresses of a name, as the system of the worker knows them. Throws NoAddress. */
export async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    if (code === 'ENOTFOUND') throw new NoAddress(`${host} has no address`);
    throw new NoAddress(`the address of ${host} cannot be looked up (${code})`);
  }
}

function ruleOf(entry: string): Rule {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|(.+?))(?::(\d{1,5}))?$/u.exec(entry) ?? [];
  // An IPv6 address without brackets has colons of its own, and no port.
  const host = isNetwork(entry) ? entry : (bracketed ?? plain ?? entry);
  const number = port === undefined || host === entry ? null : Number(port);
  if (isNetwork(host)) return { name: null, addresses: networks([host]), port: number };
  return { name: host.toLowerCase(), addresses: null, port: number };
}

const isNetwork = (text: string): boolean => isIP(text.split('/')[0]!) !== 0;

function networks(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address, bits] = entry.split('/') as [string, string | undefined];
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** An IPv4 address within IPv6 (`::ffff:127.0.0.1`) is found in networks of either. */
function contains(list: BlockList, address: string): boolean {
  const inner = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address)?.[1];
  if (inner !== undefined && list.check(inner, 'ipv4')) return true;
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
