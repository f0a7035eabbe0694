/**
 * Builds what is published: the compiled code, and the workflow bundle, which spares each worker some seconds at
 * its start. `npm run build` builds into `dist`.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Builds into the folder `out`, whose earlier content is deleted. Ends the process with code 1 on type errors. */
export async function build(out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  const compiled = await execa('tsc', ['-p', 'tsconfig.build.json', '--outDir', out], {
    cwd: ROOT,
    preferLocal: true,
    localDir: ROOT,
    stdio: 'inherit',
    reject: false,
  });
  // The compiler has printed the reason.
  if (compiled.failed) process.exit(1);
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(join(out, 'workflow-bundle.js'), code);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build(join(ROOT, 'dist'));
