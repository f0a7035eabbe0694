import { hostOf, insideName, isIpAddress } from '../../../model/identity/names.js';
import type { ServiceNames } from '../scope/service-names.js';
import type { RawSpan } from './source.js';

/**
 * The service that a span called, by what its caller says of it: a database, a queue or a provider that writes no spans
 * of its own. Null when nothing tells.
 */
export function peerOf({ kind, attributes }: RawSpan, names: ServiceNames): string | null {
  if (kind !== 'client' && kind !== 'producer') return null;
  const own = attributes['peer.service'];
  if (own) return names.resolve(own) ?? own;
  const address = attributes['server.address'] ?? attributes['net.peer.name'] ?? '';
  const byAddress = serviceAt(address, names);
  if (byAddress !== null) return byAddress;
  const rpc = attributes['rpc.service']?.split('.').at(-1);
  const byInterface = rpc ? names.resolve(rpc) : null;
  if (byInterface !== null) return byInterface;
  const broker = attributes['messaging.system'];
  if (broker) {
    const queue = attributes['messaging.destination.name'] ?? attributes['messaging.destination'];
    return names.resolve(broker) ?? (queue ? (names.resolve(queue) ?? queue) : broker);
  }
  const database = attributes['db.system.name'] ?? attributes['db.system'];
  return database ? (names.resolve(database) ?? database) : null;
}

/** The known service at an address, or its host's name; an IP address and one's own host name nobody. */
function serviceAt(address: string, names: ServiceNames): string | null {
  const host = hostOf(address);
  if (host === '' || host === 'localhost' || isIpAddress(host)) return null;
  return names.resolve(host) ?? insideName(host) ?? host;
}

/** Statuses of gRPC that a server gives for its own failure, by number and by name. */
const SERVER_FAULT = /^(4|8|13|14|15|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE|DATA_LOSS)$/i;

/** What clients write when nobody answers them. */
const NO_ANSWER = new RegExp(
  [
    'refused|reset|time(d )?-?out|unavailable|unreachable|no such host|hang ?up|broken pipe',
    'ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT',
  ].join('|'),
  'i',
);

/** What databases and queues answer when they cannot work: no memory, disk, connections or leader, or read-only. */
const CANNOT_WORK = new RegExp(
  [
    '\\bOOM\\b|out of memory|no space|disk full|too many (clients|connections)',
    'read.?only|shutting down|not (the )?leader|overload',
  ].join('|'),
  'i',
);

/**
 * Whether a call that its caller saw fail failed at the peer: it gave no answer, or said that it failed. Null where the
 * caller may as well have asked wrongly, such as a statement with a mistake in it.
 */
export function failedAtPeer({ failed, attributes }: RawSpan): boolean | null {
  if (failed !== true) return failed;
  const status = Number(attributes['http.response.status_code'] ?? attributes['http.status_code'] ?? NaN);
  if (status >= 500 || SERVER_FAULT.test(attributes['rpc.grpc.status_code'] ?? '')) return true;
  const said = ['error.type', 'exception.type', 'otel.status_description']
    .map((name) => attributes[name] ?? '')
    .join(' ');
  return NO_ANSWER.test(said) || CANNOT_WORK.test(said) ? true : null;
}
