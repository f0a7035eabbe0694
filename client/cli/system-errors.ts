/** What Node says of a call that the operating system refused. */
interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
  address?: string;
  port?: number;
  hostname?: string;
}

/**
 * What a refusal of the operating system means and what to do about it, in one sentence: `webhook.port: port 8090 on
 * 127.0.0.1 is in use by another program; stop it or choose another port`. Null for any other error.
 *
 * @param setting the option or setting to change: `--output`, `webhook.port`
 */
export function systemErrorWords(error: unknown, setting?: string): string | null {
  if (!isSystemError(error)) return null;
  const words = (WORDS[error.code] ?? unknownRefusal)(error);
  return setting === undefined ? words : `${setting}: ${words}`;
}

function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    typeof Reflect.get(error, 'code') === 'string' &&
    typeof Reflect.get(error, 'syscall') === 'string'
  );
}

const place = ({ path }: SystemError): string => path ?? 'the file';
const server = ({ hostname, address, port }: SystemError): string =>
  `${hostname ?? address ?? 'the server'}${port === undefined ? '' : `:${port}`}`;

const WORDS: Record<string, (error: SystemError) => string> = {
  EADDRINUSE: ({ port, address }) =>
    `port ${port ?? '?'} on ${address ?? 'this machine'} is in use by another program; stop it or choose another port`,
  EADDRNOTAVAIL: ({ address }) =>
    `${address ?? 'the host'} is not an address of this machine; choose one that is, or 0.0.0.0 for all`,
  EACCES: (error) =>
    error.syscall === 'listen'
      ? `port ${error.port ?? '?'} may not be opened by this user; choose a port above 1023`
      : `no permission to use ${place(error)}; choose another place, or change its owner or mode`,
  EPERM: (error) => `no permission to use ${place(error)}; choose another place, or change its owner or mode`,
  ENOENT: (error) => `there is no file or folder ${place(error)}; check the path, or create its folder first`,
  ENOTDIR: (error) => `a part of ${place(error)} is a file, expected a folder`,
  EISDIR: (error) => `${error.path ?? 'the path'} is a folder, expected a file`,
  EROFS: (error) => `${place(error)} is on a file system that is read-only; choose another place`,
  ENOSPC: (error) => `no space left for ${place(error)}; free some or choose another place`,
  ECONNREFUSED: (error) => `${server(error)} accepts no connections; check the address, and that it runs`,
  ENOTFOUND: (error) => `there is no host named ${error.hostname ?? '?'}; check the address`,
  ETIMEDOUT: (error) => `${server(error)} did not answer in time; check the address and the network to it`,
};

function unknownRefusal({ code, syscall, path }: SystemError): string {
  return `the system refused ${syscall}${path === undefined ? '' : ` of ${path}`} (${code})`;
}
