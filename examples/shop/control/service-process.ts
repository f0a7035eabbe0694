import type { ChildProcess } from 'node:child_process';
import type { RuntimeInjection } from '../fault-catalog.js';
import type { FromService, Launch, ToService } from '../protocol.js';
import { end, forkProgram } from './program.js';
import { goodSettings, specOf, type Settings } from '../topology.js';

/** Heap of a service, megabytes: a leak hits it within a minute. */
const HEAP_LIMIT_MB = 112;
/** A crashed service stays down this long, as under any supervisor that backs off. */
const RESTART_AFTER_MS = 8000;
/** From the start of a process to its first sign of life. */
const START_TIMEOUT_MS = 30_000;

/** @throws when the child dies first or takes too long. */
function hear(child: ChildProcess, wanted: FromService, service: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle(new Error(`${service}: not ${wanted} within ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      if (error) reject(error);
      else resolve();
    };
    const onMessage = (message: FromService): void => {
      if (message === wanted) settle();
    };
    const onExit = (): void => {
      settle(new Error(`${service}: the process ended before it was ${wanted}`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

/** Where a process is reached and what it finds around it: the part of its launch that stays. */
export type Place = Pick<
  Launch,
  'port' | 'adminPort' | 'ports' | 'nameServerPort' | 'caFile' | 'certificates' | 'postgresPort'
>;

/** The process of one service through its life: start, deploy, crash and restart, kill, stop. */
export class ServiceProcess {
  version: string;
  private readonly good: Settings;
  private settings: Settings;
  private child: ChildProcess | null = null;
  /** The running release, the next one while it starts, older ones while they end what they began. */
  private readonly alive = new Set<ChildProcess>();
  private readonly faults = new Set<RuntimeInjection>();
  private restart: NodeJS.Timeout | null = null;
  private starting: Promise<void> | null = null;
  private stopped = false;
  private hasEndedCertificate = false;

  constructor(
    readonly service: string,
    private readonly place: Place,
    private readonly program: string,
    /** Where the process writes: the stack of a crash, its lines of logs, its spans. */
    private readonly files: { output: string; logs: string; spans: string },
    private readonly log: (line: string) => void,
  ) {
    const spec = specOf(service);
    this.version = spec.version;
    this.good = goodSettings(spec);
    this.settings = this.good;
  }

  /** Whether a bad release is deployed. */
  get degraded(): boolean {
    return this.settings !== this.good;
  }

  /** Process ids that are alive now. */
  pids(): number[] {
    return [...this.alive].flatMap((child) => child.pid ?? []);
  }

  /** Starts the service, or does nothing when it runs. */
  async start(): Promise<void> {
    this.cancelRestart();
    if (this.child && !this.starting) return;
    this.starting ??= this.boot()
      .then((child) => this.takeOver(child))
      .finally(() => {
        this.starting = null;
      });
    await this.starting;
  }

  /** Replaces the running release by another one without closing the door. */
  async deploy(version: string, settings: Settings = this.good): Promise<void> {
    this.version = version;
    this.settings = settings;
    const next = await this.boot();
    const old = this.child;
    if (old) {
      this.child = null;
      const retired = hear(old, 'retired', this.service);
      this.tell(old, 'retire');
      await retired;
    }
    await this.takeOver(next);
  }

  /** Switches a fault on in the process. It survives a crash. */
  async startFault(fault: RuntimeInjection): Promise<void> {
    this.faults.add(fault);
    await this.admin('PUT', `/faults/${fault}`);
  }

  /** Shows a certificate that has ended to whoever connects from now on, and closes what is open. */
  async endCertificate(): Promise<void> {
    await this.admin('PUT', '/certificate/ended');
    this.hasEndedCertificate = true;
  }

  /** Shows a good certificate again. */
  async renewCertificate(): Promise<void> {
    if (!this.hasEndedCertificate) return;
    this.hasEndedCertificate = false;
    await this.admin('PUT', '/certificate/good');
  }

  /** Closes every connection, so that its callers have to find it again. */
  async hangUp(): Promise<void> {
    await this.admin('DELETE', '/connections');
  }

  /** Switches every fault off. What has leaked only a fresh process gives back. */
  async clearFaults(): Promise<void> {
    if (this.faults.size === 0) return;
    const leaked = this.faults.has('leak');
    this.faults.clear();
    await this.settled();
    if (leaked) {
      await this.kill();
      await this.start();
    } else if (this.child) {
      await this.admin('DELETE', '/faults');
    }
  }

  /** Kills the process as the system would. It stays down until {@link start}. */
  async kill(): Promise<void> {
    await this.settled();
    this.cancelRestart();
    const child = this.child;
    this.child = null;
    if (child) await end(child);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelRestart();
    this.child = null;
    await Promise.all([...this.alive].map(end));
  }

  private async boot(): Promise<ChildProcess> {
    if (this.stopped) throw new Error(`${this.service}: the shop has stopped`);
    const launch: Launch = {
      service: this.service,
      version: this.version,
      settings: this.settings,
      ...this.place,
      logFile: this.files.logs,
      spanFile: this.files.spans,
      faults: [...this.faults],
    };
    const child = forkProgram(this.program, launch, this.files.output, [
      `--max-old-space-size=${HEAP_LIMIT_MB}`,
    ]);
    this.alive.add(child);
    child.once('exit', () => this.alive.delete(child));
    await hear(child, 'ready', this.service);
    return child;
  }

  private async takeOver(child: ChildProcess): Promise<void> {
    this.child = child;
    child.once('exit', (code, signal) => {
      if (this.child !== child) return;
      this.child = null;
      this.log(
        `${this.service} crashed (${signal ?? code ?? 'unknown'}), restarts in ${RESTART_AFTER_MS / 1000} s`,
      );
      this.restart = setTimeout(() => {
        this.start().catch((error: unknown) => this.log(String(error)));
      }, RESTART_AFTER_MS);
    });
    const listening = hear(child, 'listening', this.service);
    this.tell(child, 'listen');
    await listening;
  }

  /** Waits for a start that is under way, however it ends. */
  private async settled(): Promise<void> {
    await this.starting?.catch(() => undefined);
  }

  private cancelRestart(): void {
    if (this.restart) clearTimeout(this.restart);
    this.restart = null;
  }

  private tell(child: ChildProcess, message: ToService): void {
    child.send(message);
  }

  private async admin(method: 'PUT' | 'DELETE', path: string): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.place.adminPort}${path}`, {
      method,
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`${this.service} admin ${method} ${path}: answered ${response.status}`);
  }
}
