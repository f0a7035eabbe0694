const WORDS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name could not be looked up',
  ETIMEDOUT: 'no connection in time',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  EPIPE: 'the connection was closed',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
};

/** Certificates of an authority that is not known here. */
const UNKNOWN_AUTHORITY = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
];

/** The alerts by which a server asks for another certificate of its client (RFC 8446, 6.2). */
const CLIENT_REFUSED = /alert (certificate required|bad certificate|unknown ca|handshake failure)/i;

/**
 * Why a request got no answer, and what to set where that helps.
 *
 * @param setting where the connection is configured: `metrics`
 */
export function transportReason(
  { code = '', message }: { code?: string | undefined; message: string },
  setting: string,
): string {
  if (UNKNOWN_AUTHORITY.includes(code)) {
    return `its certificate is of an authority that is not known here; set ${setting}.tls.caFile (${code})`;
  }
  if (CLIENT_REFUSED.test(message)) {
    return `it does not take the certificate of this client; set ${setting}.tls.client`;
  }
  return WORDS[code] ?? (message || code || 'the request failed');
}
