import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The package as a user gets it: built, packed and unpacked elsewhere. */
export interface BuiltPackage {
  /** Folder of the unpacked package. */
  directory: string;
  /** Paths in the tarball, as npm lists them. */
  files: string[];
}

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** Builds and packs in the folder, so that the checkout keeps running its sources. Takes half a minute. */
export async function buildPackage(folder: string): Promise<BuiltPackage> {
  const stage = join(folder, 'stage');
  await mkdir(stage);
  await execa(process.execPath, ['--import', 'tsx', 'tools/build.ts', join(stage, 'dist')], { cwd: ROOT });
  const manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
  for (const name of ['package.json', 'bin', 'README.md', 'LICENSE', ...manifest.files]) {
    if (name !== 'dist') await cp(join(ROOT, name), join(stage, name), { recursive: true });
  }
  // What must stay at home.
  await writeFile(join(stage, 'notes.txt'), 'not for publishing');

  const { stdout } = await execa(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    {
      cwd: stage,
    },
  );
  const [packed] = Object.values(JSON.parse(stdout) as Packed[] | Record<string, Packed>);
  await execa('tar', ['-xzf', join(folder, packed!.filename), '-C', folder]);
  const directory = join(folder, 'package');
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'), 'junction');
  return {
    directory,
    files: packed!.files.map(({ path }) => path),
  };
}
