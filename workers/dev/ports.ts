import getPort, { portNumbers } from 'get-port';

/**
 * The default ports, on the loopback address: natively by `faultline dev`, in containers by temporal-dev.yml, which a
 * test compares with these numbers. Each is the product's own default.
 */
export const DEV_PORTS = {
  temporal: 7233,
  temporalUi: 8233,
  webhook: 8090,
  worker: 8091,
  prometheus: 9090,
  alertmanager: 9093,
} as const;

/** Ports above a default one that are tried when it is taken, before any free one. */
const NEIGHBOURS = 20;

export interface PortChoice {
  /** What listens there: `the Temporal server`. */
  purpose: string;
  /** The setting that names the port: `dev.temporalPort`. */
  setting: string;
  host: string;
  port: number;
  /** The setting's default: only this one may be replaced. */
  byDefault: number;
  announce: (line: string) => void;
}

/**
 * A free port to listen on: `port` itself; when it is the default and taken, the next free one, which is announced;
 * any free one for 0.
 * @throws Error that names the setting when a port that somebody chose is taken.
 */
export async function choosePort(choice: PortChoice): Promise<number> {
  const { purpose, setting, host, port, byDefault, announce } = choice;
  if (port === 0) return getPort({ host });
  const found = await getPort({ host, port: portNumbers(port, Math.min(port + NEIGHBOURS, 65535)) });
  if (found === port) return port;
  if (port !== byDefault) {
    throw new Error(
      `${setting}: port ${port} on ${host}, for ${purpose}, is taken; choose another one, or 0 for any free port`,
    );
  }
  announce(`Port ${port} on ${host} is taken: ${purpose} uses ${found} instead (${setting} sets it).`);
  return found;
}
