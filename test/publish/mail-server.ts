import type { AddressInfo } from 'node:net';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** How the server behaves at one mail. */
export type MailMood = 'take' | 'not now' | 'closing' | 'hang up' | 'take and lose the reply';
export const MAIL_MOODS: readonly MailMood[] = [
  'take',
  'not now',
  'closing',
  'hang up',
  'take and lose the reply',
];

export const LOGIN = { username: 'faultline', password: 'a mail password of the test' };

/** A server that takes mail from those who log in, for addresses of example.com, and misbehaves on order. */
export class MailServer {
  mails: ParsedMail[] = [];
  moods: MailMood[] = [];
  /** When it says something else than its moods: to every mail. */
  replyCode = 0;
  port = 0;
  private readonly sockets = new Map<string, () => void>();
  private readonly server: SMTPServer;

  constructor(options: { hideSTARTTLS?: boolean } = {}) {
    this.server = new SMTPServer({
      ...options,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      logger: false,
      size: 1024 * 1024,
      onAuth: ({ username, password }, _session, done) => {
        const isKnown = username === LOGIN.username && password === LOGIN.password;
        done(isKnown ? null : replyWith(535, '5.7.8 Authentication credentials invalid'), { user: username });
      },
      onRcptTo: ({ address }, _session, done) => {
        done(address.endsWith('@example.com') ? null : replyWith(550, '5.1.1 No such user'));
      },
      onData: (stream, session, done) => {
        void simpleParser(stream).then((mail) => this.take(mail, session, done));
      },
    });
    // A client that goes away is no news here.
    this.server.on('error', () => undefined);
  }

  async open(): Promise<void> {
    const listening = this.server.listen(0, '127.0.0.1');
    await new Promise((resolve) => listening.once('listening', resolve));
    this.port = (listening.address() as AddressInfo).port;
    listening.on('connection', (socket: { remotePort?: number; destroy: () => void }) => {
      this.sockets.set(String(socket.remotePort), () => socket.destroy());
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private take(mail: ParsedMail, session: SMTPServerSession, done: (error: Error | null) => void): void {
    if (this.replyCode > 0) {
      done(replyWith(this.replyCode, 'as the test says'));
      return;
    }
    const mood = this.moods.shift() ?? 'take';
    if (mood === 'take' || mood === 'take and lose the reply') this.mails.push(mail);
    if (mood === 'hang up' || mood === 'take and lose the reply') {
      this.sockets.get(String(session.remotePort))?.();
      return;
    }
    if (mood === 'not now') done(replyWith(451, '4.3.0 Try again later'));
    else if (mood === 'closing') done(replyWith(421, '4.3.2 Service shutting down'));
    else done(null);
  }
}

function replyWith(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode });
}
