import { readFile } from 'node:fs/promises';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import type { TlsSettings } from '../../config/primitives.js';
import { NoCredentials } from './credentials.js';

/** Files are read again so often: certificates of a mesh live for hours, and are replaced long before they end. */
const READ_AGAIN_MS = 30_000;

/** Keeps connections with the certificates of a configuration, and opens new ones when their files change. */
export class TlsConnections {
  private agent: https.Agent | null = null;
  private read = '';
  private readAt = -Infinity;
  private reading: Promise<https.Agent> | null = null;

  constructor(
    private readonly settings: TlsSettings,
    /** Where they are configured, for messages: `metrics.tls`. */
    private readonly setting: string,
  ) {}

  /** @throws NoCredentials when a file is not there or holds something else */
  async agentNow(): Promise<https.Agent> {
    const hasFiles = (this.settings.caFile ?? this.settings.client) !== undefined;
    if (this.agent && (!hasFiles || Date.now() - this.readAt < READ_AGAIN_MS)) return this.agent;
    this.reading ??= this.readFiles().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  close(): void {
    this.agent?.destroy();
  }

  private async readFiles(): Promise<https.Agent> {
    const { caFile, client } = this.settings;
    const ca = await this.contentOf('caFile', caFile);
    const cert = await this.contentOf('client.certFile', client?.certFile);
    const key = await this.contentOf('client.keyFile', client?.keyFile);
    this.readAt = Date.now();
    const read = JSON.stringify([ca, cert, key]);
    if (this.agent && read === this.read) return this.agent;
    const pair = { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) };
    try {
      createSecureContext(pair);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new NoCredentials(`${this.setting}: its files do not belong together (${reason})`, false);
    }
    this.closeIdle();
    this.agent = new https.Agent({ keepAlive: true, ...pair });
    this.read = read;
    return this.agent;
  }

  private async contentOf(name: string, file: string | undefined): Promise<string | undefined> {
    if (file === undefined) return undefined;
    const failure = (reason: string) =>
      new NoCredentials(`${this.setting}.${name}: ${file}: ${reason}`, false);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      throw failure(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`);
    }
    if (!text.includes('-----BEGIN ')) throw failure('expected a file in PEM form');
    return text;
  }

  /** Requests under way end on the connections that they have. */
  private closeIdle(): void {
    for (const sockets of Object.values(this.agent?.freeSockets ?? {})) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}
