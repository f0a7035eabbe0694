import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import { redact } from '../../../config/redact.js';
import type { EmailSinkConfig } from '../../../config/sinks/email.js';
import { oneLine } from '../../../report/escape.js';
import { failureOf, type Outcome } from '../outcome.js';

const SHOWN_ANSWER = 200;
/** Until the server's address is known, it has greeted, and it has answered a command. */
const TIMEOUTS = ['dnsTimeout', 'connectionTimeout', 'greetingTimeout', 'socketTimeout'] as const;

/** A client of the server, which connects when it is used. */
export function smtpTransport(config: EmailSinkConfig): Transporter {
  const { host, port, security, login, timeoutSeconds } = config;
  return createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login && { auth: { user: login.username, pass: login.password } }),
    ...Object.fromEntries(TIMEOUTS.map((timeout) => [timeout, timeoutSeconds * 1000])),
    // Nothing in a mail comes from anywhere but the mail itself.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Hands a mail to the server. Throws the failures of outcome.ts. */
export async function sendMail(
  config: EmailSinkConfig,
  mail: SendMailOptions,
  signal: AbortSignal,
): Promise<void> {
  const transport = smtpTransport(config);
  try {
    await transport.sendMail({ ...mail, signal });
  } catch (error) {
    signal.throwIfAborted();
    const { name, host, port, login } = config;
    const message = `sink ${name} at ${host}:${port} ${wordsOf(error)}`;
    throw failureOf(mailOutcome(error), redact(message, login ? [login.password] : []));
  } finally {
    transport.close();
  }
}

/**
 * The decision by the server's reply code (RFC 5321, 4.2.1): 4xx may be taken later, 5xx never will. Without a reply
 * the next attempt may do better.
 */
export function mailOutcome(error: unknown): Exclude<Outcome, { kind: 'accepted' }> {
  const isPermanent = error instanceof Error && 'permanent' in error && error.permanent === true;
  return isPermanent ? { kind: 'refused' } : { kind: 'later', afterSeconds: null };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return `gave no answer (${String(error)})`;
  if ('response' in error && typeof error.response === 'string') {
    return `answered ${oneLine(error.response, SHOWN_ANSWER)}`;
  }
  return `gave no answer (${oneLine(error.message, SHOWN_ANSWER)})`;
}
