import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A post that does not prove who sent it. */
export class NotAuthentic extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotAuthentic';
  }
}

/** What a post proves cannot be looked up now; the sender is to come back. */
export class VerificationUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'VerificationUnavailable';
  }
}

/** Whether one of `secrets` signed `parts` with HMAC-SHA256. Every signature is compared with every secret, in constant time. */
export function isSignedBy(
  secrets: readonly string[],
  parts: readonly (string | Buffer)[],
  /** Hex, as sent: more than one while secrets change. */
  signatures: readonly string[],
): boolean {
  const given = signatures
    .filter((signature) => /^[0-9a-f]{64}$/i.test(signature))
    .map((signature) => Buffer.from(signature, 'hex'));
  const expected = secrets.map((secret) => {
    const hmac = createHmac('sha256', secret);
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  });
  let matches = 0;
  for (const one of expected) for (const other of given) matches += timingSafeEqual(one, other) ? 1 : 0;
  return matches > 0;
}

/** @throws NotAuthentic when the time that was signed is too far from now, or none */
export function demandFresh(signedAt: number | undefined, now: number, toleranceSeconds: number): void {
  if (signedAt === undefined) throw new NotAuthentic('the signed time is missing or no time');
  if (Math.abs(now - signedAt) <= toleranceSeconds) return;
  throw new NotAuthentic(
    `the signed time is more than ${toleranceSeconds} s from now: a replay, or the clocks differ`,
  );
}

/** Compares in time that depends on neither text: digests have one length. */
export function isSameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
