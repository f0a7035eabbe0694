/** What is written in place of a secret. */
const MASK = '***';

/** Shorter ones would mask half of any text. */
const SHORTEST = 4;

/** What may be the base64 of a login: a server that answers with the request's headers tells `Basic b3BzOi4uLg==`. */
const BASE64 = /[A-Za-z0-9+/]{8,4096}={0,2}/g;

/** The text without the secrets, also where they were percent-encoded in an address or are in the base64 of a login. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= SHORTEST);
  const plain = known
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((a, b) => b.length - a.length)
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, MASK), text);
  return plain.replace(BASE64, (word) => {
    const decoded = Buffer.from(word, 'base64').toString('utf8');
    return known.some((secret) => decoded.includes(secret)) ? MASK : word;
  });
}
