import assert from 'node:assert/strict';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The product as the image has it: packed, unpacked elsewhere, with production dependencies of its own. */
export interface Installed {
  /** Folder of the program, /app of the image. */
  directory: string;
  /** The image's entry point: arguments for Node.js, relative to `directory`. */
  entryPoint: string[];
}

/** Installs what the checkout has already, by the same lock file: this one is not replayed, which saves a minute. */
const INSTALL_ALL = 'npm ci --ignore-scripts';

interface Instruction {
  name: string;
  rest: string;
}

/**
 * Replays the build stage of deploy/Dockerfile without an engine: its WORKDIR, COPY and RUN instructions, in
 * `folder` instead of `/`. What is copied from the build context is what Dockerfile.dockerignore lets through. Of the
 * stage that runs it is checked that it takes the result as it is. Takes a minute on two idle cores.
 */
export async function replayDockerfile(folder: string): Promise<Installed> {
  const [build, run] = stagesOf(await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8'));
  const context = join(folder, 'context');
  await copyContext(context);
  const inFolder = (path: string): string => path.replaceAll(/(?<=^|\s)\/(src|app)\b/g, `${folder}/$1`);
  let workdir = folder;
  for (const { name, rest } of build!) {
    if (name === 'WORKDIR') {
      workdir = inFolder(rest);
      await mkdir(workdir, { recursive: true });
    } else if (name === 'COPY') {
      const words = rest.split(/\s+/);
      const target = join(workdir, words.pop()!);
      for (const source of words) {
        await cp(join(context, source), source === '.' ? target : join(target, source), { recursive: true });
      }
    } else if (name === 'RUN' && rest === INSTALL_ALL) {
      // As links, which is quick, where both folders are on one disk.
      const copy = `cp -al ${join(ROOT, 'node_modules')} . || cp -a ${join(ROOT, 'node_modules')} .`;
      await execa('sh', ['-c', copy], { cwd: workdir });
    } else if (name === 'RUN') {
      const env = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
      await execa('sh', ['-c', inFolder(rest)], { cwd: workdir, env });
    } else assert.equal(name, 'FROM', `the replay knows no ${name} in the build stage`);
  }
  // The sources must not be found by accident.
  await Promise.all([join(folder, 'src'), context].map((path) => rm(path, { recursive: true })));
  return { directory: join(folder, 'app'), entryPoint: entryPointOf(run!) };
}

/** The stage that runs copies the built folder whole, to where it was built, and starts Node.js there. */
function entryPointOf(run: Instruction[]): string[] {
  const restOf = (name: string): string[] =>
    run.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
  assert.deepEqual([restOf('WORKDIR'), restOf('COPY')], [['/app'], ['--from=build /app ./']]);
  assert.deepEqual(restOf('USER'), ['node']);
  const [node, ...entryPoint] = JSON.parse(restOf('ENTRYPOINT')[0]!) as string[];
  assert.equal(node, 'node');
  return entryPoint;
}

function stagesOf(dockerfile: string): Instruction[][] {
  const lines = dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const instructions = lines.map((line) => {
    const [, name, rest] = /^(\w+)\s+(.*)$/.exec(line)!;
    return { name: name!, rest: rest!.trim() };
  });
  const starts = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []));
  assert.equal(starts.length, 2);
  return [instructions.slice(0, starts[1]), instructions.slice(starts[1])];
}

/** What BuildKit sends to the build: the names that the ignore file takes back from its `*`, less what it excludes again. */
async function copyContext(context: string): Promise<void> {
  const lines = (await readFile(join(ROOT, 'deploy/Dockerfile.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(lines.shift(), '*');
  const excluded = lines.filter((line) => !line.startsWith('!')).map((line) => join(ROOT, line));
  for (const line of lines.filter((kept) => kept.startsWith('!'))) {
    const name = posix.normalize(line.slice(1));
    await mkdir(dirname(join(context, name)), { recursive: true });
    await cp(join(ROOT, name), join(context, name), {
      recursive: true,
      filter: (source) => !excluded.includes(source),
    });
  }
}
