import { SIGNATURE_WINDOW_SECONDS } from './signature.js';

/** Remembers requests for as long as their signature is valid, so that one that is replayed has no effect. */
export class SeenSignatures {
  /** By signature, in the order in which they came: when they were seen, unix seconds. */
  private readonly seen = new Map<string, number>();

  isFirst(signature: string, now: number): boolean {
    for (const [old, at] of this.seen) {
      // A timestamp may be one window ahead of our clock, and is then valid for two.
      if (now - at <= 2 * SIGNATURE_WINDOW_SECONDS) break;
      this.seen.delete(old);
    }
    if (this.seen.has(signature)) return false;
    this.seen.set(signature, now);
    return true;
  }
}
