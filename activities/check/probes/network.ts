import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net, { isIP, type LookupFunction } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { quantity } from '../../../model/wording.js';
import { addressesOf, answerLookup, CannotCheck, NoAddress } from './guard.js';
import { hostAndPort, type Probe, type ProbeContext, type Seen } from './probe.js';

/** More of an answer is not read. */
const MOST_BODY_BYTES = 64 * 1024;
const DAY_MS = 86_400_000;

/** Asks one address by HTTP; redirects are an answer and are not followed. */
export const httpProbe: Probe<'http'> = async (check, context) => {
  const url = new URL(check.url);
  const started = performance.now();
  const response = await getOnce(check.url, context, { headers: check.headers });
  const body = await textOf(response.data, MOST_BODY_BYTES);
  const took = quantity((performance.now() - started) / 1000, 's');
  const answer = `${url.host}${url.pathname} answered ${response.status} after ${took}`;
  if (response.status >= check.statusBelow) {
    return [{ failed: true, statement: answer, speaksFor: null }];
  }
  if (check.contains !== undefined && !body.includes(check.contains)) {
    const statement = `${answer}, without the text '${check.contains}'`;
    return [{ failed: true, statement, speaksFor: null }];
  }
  return [{ failed: false, statement: answer, speaksFor: 'dependency-down' }];
};

/** One GET to an address that is allowed; any status is an answer. */
export async function getOnce(
  address: string,
  { guard, signal, timeoutMs }: ProbeContext,
  request: Pick<AxiosRequestConfig, 'headers' | 'auth'>,
): Promise<AxiosResponse<NodeJS.ReadableStream>> {
  const url = new URL(address);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  const { address: allowed } = await guard.endpoint(url.hostname, port);
  // The address that was allowed, whatever the name means by now.
  const lookup: LookupFunction = (_host, options, answer) => answerLookup(allowed, options, answer);
  return axios.get<NodeJS.ReadableStream>(address, {
    ...request,
    ...{ signal, timeout: timeoutMs, maxRedirects: 0, proxy: false, responseType: 'stream' },
    httpAgent: new http.Agent({ lookup }),
    httpsAgent: new https.Agent({ lookup }),
    validateStatus: () => true,
  });
}

/** The first so many bytes of a body, as text. */
export async function textOf(stream: NodeJS.ReadableStream, mostBytes: number): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    bytes += (part as Buffer).length;
    if (bytes >= mostBytes) break;
  }
  return Buffer.concat(parts).subarray(0, mostBytes).toString('utf8');
}

/** Opens a connection and closes it. */
export const tcpProbe: Probe<'tcp'> = async (check, { guard, signal }) => {
  const { host, port, address } = await guard.endpoint(...hostAndPort(check.target));
  const started = performance.now();
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect({ host: address, port, signal }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
  const took = quantity((performance.now() - started) / 1000, 's');
  const statement = `${host}:${port} took a connection after ${took}`;
  return [{ failed: false, statement, speaksFor: 'dependency-down' }];
};

/** Looks a name up. Its address need not be allowed, since nothing connects to it; that of a name server must be. */
export const dnsProbe: Probe<'dns'> = async (check, { guard, timeoutMs }) => {
  if (check.server === undefined) {
    return [resolved(check.hostname, await addressesOf(check.hostname), '')];
  }
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  const { address, port } = await guard.endpoint(...nameServer(check.server));
  resolver.setServers([`${isIP(address) === 6 ? `[${address}]` : address}:${port}`]);
  const answers = await Promise.allSettled([
    resolver.resolve4(check.hostname),
    resolver.resolve6(check.hostname),
  ]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return [resolved(check.hostname, addresses, ` by ${check.server}`)];
  const reason: unknown = answers[0].status === 'rejected' ? answers[0].reason : null;
  const code = reason instanceof Error && 'code' in reason ? ` (${String(reason.code)})` : '';
  throw new NoAddress(`${check.server} has no address for ${check.hostname}${code}`);
};

/** Host and port of a name server: `10.0.0.2`, `10.0.0.2:5353`, `[fd00::2]:5353`. */
function nameServer(server: string): [host: string, port: number] {
  return /^[^:]+:\d+$|\]:\d+$/u.test(server) ? hostAndPort(server) : [server, 53];
}

function resolved(hostname: string, addresses: readonly string[], by: string): Seen {
  const statement = `${hostname} resolves to ${addresses.slice(0, 3).join(', ')}${by}`;
  return { failed: false, statement, speaksFor: 'routing' };
}

/** Reads the certificate that a server shows: its name, its chain and how long it is valid. */
export const tlsProbe: Probe<'tls'> = async (check, { guard, signal }) => {
  const { host, port, address } = await guard.endpoint(...hostAndPort(check.target));
  const servername = check.serverName ?? host;
  const ca = check.caFile === undefined ? undefined : await caOf(check.caFile);
  const shown = await new Promise<{ certificate: PeerCertificate; refusal: Error | null }>(
    (resolve, reject) => {
      const name = isIP(servername) === 0 ? { servername } : {};
      const socket = connectTls({ host: address, port, ...name, ca, rejectUnauthorized: false }, () => {
        const refusal = socket.authorizationError as Error | string | null;
        resolve({
          certificate: socket.getPeerCertificate(),
          refusal: refusal === null || refusal instanceof Error ? refusal : new Error(refusal),
        });
        socket.destroy();
      });
      socket.once('error', reject);
      signal.addEventListener('abort', () => socket.destroy(signal.reason as Error), { once: true });
    },
  );
  const { certificate, refusal } = shown;
  const days = (Date.parse(certificate.valid_to) - Date.now()) / DAY_MS;
  const which = `the certificate of ${host}:${port}`;
  const until = certificate.valid_to;
  const fails = (statement: string): Seen[] => [{ failed: true, statement, speaksFor: 'certificate' }];
  if (days < 0) return fails(`${which} ended on ${until}`);
  if (refusal !== null) return fails(`${which} is not accepted: ${refusal.message}`);
  if (days < check.daysLeft) return fails(`${which} ends on ${until}, in ${days.toFixed(1)} days`);
  return [{ failed: false, statement: `${which} is valid until ${until}`, speaksFor: 'certificate' }];
};

async function caOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CannotCheck(
      `caFile ${file} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
}
