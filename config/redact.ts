/** What is written in place of a secret. */
const MASK = '***';

/** Shorter ones would mask half of any text. */
const SHORTEST = 4;

/** The text without the secrets, also where they were percent-encoded as part of an address. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((a, b) => b.length - a.length)
    .reduce((cleaned, secret) => cleaned.replaceAll(secret, MASK), text);
}
