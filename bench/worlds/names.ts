import type { Random } from './random.js';
import type { ServiceKind } from './topology.js';

const SUBJECTS =
  `account address audit avatar billing booking cart catalog checkout claims coupon courier currency customer
 delivery document driver email fare feed fleet fraud gift image inventory invoice label ledger location login loyalty media
 menu message offer order parcel partner payment permission photo picking playlist policy price product profile promotion
 quote rating recommendation refund reservation returns review route schedule search seat session shipping shop sms stock
 subscription survey tax ticket token tracking translation user vehicle video wallet warehouse weather wishlist`.split(
    /\s+/u,
  );
const ENDINGS = ['', '', 'service', '-service', '-svc', '-api', '-worker', '-manager', '-engine'];
const FRONTS = ['frontend', 'gateway', 'web', 'api-gateway', 'edge', 'storefront', 'portal', 'bff', 'www'];
const STORES = [
  'mysql',
  'postgres',
  'redis',
  'mongo',
  'cassandra',
  'memcached',
  'rabbitmq',
  'kafka',
  'elastic',
  'db',
  'cache',
  'dynamo',
];
const PROVIDERS = [
  'paylane',
  'geocodia',
  'mailrelay',
  'taxhub',
  'smsgate',
  'cardvault',
  'mapsphere',
  'idcheck',
];

/** Names of a front, its services, its stores and the providers outside, all different, in that order. */
export function drawNames(
  random: Random,
  counts: { services: number; stores: number; external: number },
): { name: string; kind: ServiceKind }[] {
  const ending = random.pick(ENDINGS);
  const prefix = random.chance(0.25) ? random.pick(['prod-', 'ts-', 'eu1-', 'core-']) : '';
  const subjects = random.some(SUBJECTS, counts.services);
  const owners = random.some(SUBJECTS, counts.stores);
  return [
    { name: prefix + random.pick(FRONTS), kind: 'front' },
    ...subjects.map((subject) => ({ name: `${prefix}${subject}${ending}`, kind: 'service' as const })),
    ...owners.map((owner) => ({ name: `${prefix}${owner}-${random.pick(STORES)}`, kind: 'store' as const })),
    ...random
      .some(PROVIDERS, counts.external)
      .map((name) => ({ name: `${name}.example.com`, kind: 'external' as const })),
  ];
}

/** The name of a service that none of these has. */
export function drawStranger(random: Random, services: readonly { name: string }[]): string {
  const taken = new Set(services.map(({ name }) => name));
  return random.pick(SUBJECTS.map((subject) => `${subject}-batch`).filter((name) => !taken.has(name)));
}
