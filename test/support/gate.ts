import httpProxy from '@fastify/http-proxy';
import { fastify } from 'fastify';

/** A proxy before a real server that a test can shut, open and slow down. */
export interface Gate {
  url: string;
  /** Requests from now on wait until `open`; those whose address contains `which` only, when it is given. */
  shut(which?: string): void;
  open(): void;
  /** Every request from now on takes so much longer; 0 for none. */
  delay(milliseconds: number): void;
  /** How many requests wait at the gate now. */
  waiting(): number;
  close(): Promise<void>;
}

export async function startGate(upstream: string): Promise<Gate> {
  let shutFor: string | null = null;
  let waiters: (() => void)[] = [];
  let delayMs = 0;
  const app = fastify({ forceCloseConnections: true });
  await app.register(httpProxy, {
    upstream,
    preHandler: (request, _reply, pass) => {
      if (shutFor !== null && request.url.includes(shutFor)) waiters.push(pass);
      else setTimeout(pass, delayMs);
    },
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const open = (): void => {
    shutFor = null;
    for (const pass of waiters) pass();
    waiters = [];
  };
  return {
    url,
    shut: (which = '') => {
      shutFor = which;
    },
    open,
    delay: (milliseconds) => {
      delayMs = milliseconds;
    },
    waiting: () => waiters.length,
    close: async () => {
      open();
      await app.close();
    },
  };
}
