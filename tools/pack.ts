/**
 * Packs what is published: `npm run pack -- FOLDER` builds the product and writes `FOLDER/faultline.tgz` (default:
 * the current folder).
 *
 * npm ignores the lock file and the `overrides` of a package that it installs; a shrinkwrap it obeys. So the tarball
 * carries the production part of package-lock.json, and an installation gets exactly the versions that were tested.
 */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { build } from './build.js';

interface Manifest {
  files: string[];
  [field: string]: unknown;
}

interface Lock {
  packages: Record<string, { dev?: true; [field: string]: unknown }>;
  [field: string]: unknown;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEVELOPMENT_FIELDS = ['devDependencies', 'overrides', 'scripts'];

const folder = resolve(process.argv[2] ?? '.');
const stage = await mkdtemp(join(tmpdir(), 'faultline-pack-'));
try {
  await build(join(stage, 'dist'));
  const manifest = await readJson<Manifest>('package.json');
  for (const name of ['README.md', 'LICENSE', ...manifest.files]) {
    if (name !== 'dist') await cp(join(ROOT, name), join(stage, name), { recursive: true });
  }
  const published = without(manifest, DEVELOPMENT_FIELDS);
  await writeJson('package.json', { ...published, files: [...manifest.files, 'npm-shrinkwrap.json'] });
  await writeJson('npm-shrinkwrap.json', productionPart(await readJson<Lock>('package-lock.json')));
  const { stdout } = await execa('npm', ['pack', '--silent', '--pack-destination', stage], { cwd: stage });
  await rename(join(stage, stdout.trim()), join(stage, 'faultline.tgz'));
  await cp(join(stage, 'faultline.tgz'), join(folder, 'faultline.tgz'));
  console.log(join(folder, 'faultline.tgz'));
} finally {
  await rm(stage, { recursive: true, force: true });
}

/** The lock file without what only development needs. */
function productionPart(lock: Lock): Lock {
  const packages = Object.entries(lock.packages)
    .filter(([, { dev }]) => dev !== true)
    .map(([path, entry]) => [path, path === '' ? without(entry, DEVELOPMENT_FIELDS) : entry] as const);
  return { ...lock, packages: Object.fromEntries(packages) };
}

function without<T extends object>(object: T, fields: readonly string[]): T {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !fields.includes(name))) as T;
}

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(ROOT, name), 'utf8')) as T;
}

function writeJson(name: string, value: unknown): Promise<void> {
  return writeFile(join(stage, name), `${JSON.stringify(value, null, 2)}\n`);
}
