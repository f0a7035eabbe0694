/**
 * Builds what is published: the compiled code, and the workflow bundle, which spares each worker some seconds at
 * its start. `npm run build` builds into `dist`. Types are checked by `npm run lint`, not here.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build as compile } from 'esbuild';
import typescript from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['model', 'config', 'analysis', 'report', 'workflows', 'activities', 'client', 'workers'];
/** Needs the example shop, which is not published. */
const LEFT_OUT = 'workers/demo/';
/** What the package exports has types, and so has what those name. */
const TYPED = ['activities/check/define-check.ts', 'model/choices.ts'];

/** Builds into the folder `out`, whose earlier content is deleted. */
export async function build(out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  const sources = (await Promise.all(FOLDERS.map(sourcesIn))).flat();
  await compile({
    entryPoints: sources.filter((path) => !path.startsWith(LEFT_OUT)).map((path) => join(ROOT, path)),
    outbase: ROOT,
    outdir: out,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
  });
  await Promise.all(TYPED.map((path) => writeTypes(path, out)));
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(join(out, 'workflow-bundle.js'), code);
}

/** Writes the types of one file, which says them all itself, beside its code. */
async function writeTypes(path: string, out: string): Promise<void> {
  const source = await readFile(join(ROOT, path), 'utf8');
  const { outputText, diagnostics = [] } = typescript.transpileDeclaration(source, {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: { module: typescript.ModuleKind.NodeNext },
  });
  if (diagnostics.length > 0) throw new Error(`${path}: ${JSON.stringify(diagnostics[0]!.messageText)}`);
  await writeFile(join(out, path.replace(/\.ts$/, '.d.ts')), outputText);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build(join(ROOT, 'dist'));
