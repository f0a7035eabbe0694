import { execaSync } from 'execa';

interface Program {
  /** Names under which it may be found on PATH. */
  commands: string[];
  /** Debian packages that bring it. */
  packages: string[];
}

/** What tests may need from the system beside Node.js. */
const PROGRAMS = {
  prometheus: { commands: ['prometheus'], packages: ['prometheus'] },
  'prometheus-alertmanager': {
    commands: ['prometheus-alertmanager', 'alertmanager'],
    packages: ['prometheus-alertmanager'],
  },
  chromium: { commands: ['chromium', 'chromium-browser', 'google-chrome'], packages: ['chromium'] },
  promtool: { commands: ['promtool'], packages: ['prometheus'] },
  amtool: { commands: ['amtool'], packages: ['prometheus-alertmanager'] },
  'docker-compose': { commands: ['docker-compose'], packages: ['docker-compose'] },
  git: { commands: ['git'], packages: ['git'] },
  openssl: { commands: ['openssl'], packages: ['openssl'] },
  // Debian keeps the programs of the server away from PATH.
  initdb: {
    commands: ['initdb', ...[15, 16, 17].map((version) => `/usr/lib/postgresql/${version}/bin/initdb`)],
    packages: ['postgresql'],
  },
  'redis-server': { commands: ['redis-server'], packages: ['redis-server'] },
  python3: { commands: ['python3'], packages: ['python3'] },
} satisfies Record<string, Program>;

export type Need = keyof typeof PROGRAMS;

const INSTALL_TIMEOUT_MS = 240_000;

const finds = (command: string): boolean =>
  !execaSync('sh', ['-c', 'command -v "$0"', command], { reject: false }).failed;

/** The name under which the program is found on PATH, or null. */
const findCommand = (need: Need): string | null => PROGRAMS[need].commands.find(finds) ?? null;

/** The one line that installs it. */
export function installLine(need: Need): string {
  return `apt-get install -y ${PROGRAMS[need].packages.join(' ')}`;
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && finds('apt-get');
}

function install(need: Need): void {
  const options = {
    reject: false,
    timeout: INSTALL_TIMEOUT_MS,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  };
  const packages = [
    'install',
    '-y',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...PROGRAMS[need].packages,
  ];
  if (execaSync('apt-get', packages, options).failed) {
    execaSync('apt-get', ['update'], options);
    execaSync('apt-get', packages, options);
  }
}

/**
 * For a test that needs programs of the system. Installs what is missing when it may (root, and apt-get is
 * there). What is still missing then skips the test and says on stderr which one and how to install it; with
 * `CI=true` it fails the test instead.
 *
 * Call it in a `before` hook (or a test) with its `this`, and give the hook time to install:
 * ```ts
 * before(function () { this.timeout(300_000); const { chromium } = needs(this, 'chromium'); });
 * ```
 * @returns the command of each program, by its need
 * @throws with `CI=true` when a program is missing and cannot be installed
 */
export function needs<N extends Need>(test: Mocha.Context, ...wanted: N[]): Record<N, string> {
  const found = new Map<N, string>();
  const missing: N[] = [];
  for (const need of wanted) {
    let command = findCommand(need);
    if (command === null && mayInstall()) {
      install(need);
      command = findCommand(need);
    }
    if (command === null) missing.push(need);
    else found.set(need, command);
  }
  if (missing.length > 0) skipOrFail(test, missing.join(', '), missing.map(installLine).join(' && '));
  return Object.fromEntries(found) as Record<N, string>;
}

/** Skips the test because of what is missing and says so on stderr; with `CI=true` it throws instead. */
export function skipOrFail(test: Mocha.Context, missing: string, install: string): void {
  const message = `${missing} missing; install with: ${install}`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`skipped: ${test.test?.parent?.title ?? test.test?.title ?? ''} (${message})\n`);
  test.skip();
}
