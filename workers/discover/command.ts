import type { Command } from 'commander';
import type { SurveyDeps, SurveyedService } from '../../activities/collect/scope/survey.js';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { plain, writeOutput } from '../../client/cli/output.js';
import { BadInput } from '../../client/errors.js';

/** A person waits for it; a source that takes longer is not asked further. */
const TIMEOUT_MS = 60_000;
/** Metrics that no pack knows are looked at one by one. */
const PROPOSE_TIMEOUT_MS = 180_000;

interface DiscoverOptions extends CommonOptions {
  propose?: true;
  out?: string;
}

/** Adds `discover`: what of an estate Faultline reads, and what it could tell of a fault, before there is one. */
export function buildDiscoverCommand(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('discover'))
    .description('say what is read of each service, which calls are known, what is missing and what to add')
    .option('--propose', 'print metric packs for metrics that no pack knows, to read and keep')
    .option('--out <file>', 'write the proposed packs to a file')
    .action((options: DiscoverOptions) => discover(options, deps));
}

async function discover(options: DiscoverOptions, deps: CliDependencies): Promise<void> {
  if (options.out !== undefined && !options.propose) {
    throw new BadInput('--out takes what --propose finds: give both');
  }
  const [{ loadConfig }, { loadPacks, openSource }] = await Promise.all([
    import('../../config/load.js'),
    import('../../activities/collect/index.js'),
  ]);
  const { config } = await loadConfig({
    ...(options.config !== undefined && { file: options.config }),
    env: deps.env,
  });
  const source = await openSource(config.metrics);
  try {
    const survey = { source, packs: await loadPacks(config.packs.files), config };
    await (options.propose ? propose(survey, options, deps) : show(survey, options, deps));
  } finally {
    source.close();
  }
}

async function show(of: SurveyDeps, options: DiscoverOptions, deps: CliDependencies): Promise<void> {
  const [{ surveyEstate }, { adviceFor, renderSurvey }] = await Promise.all([
    import('../../activities/collect/index.js'),
    import('./render.js'),
  ]);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const survey = await surveyEstate(of, Math.floor(Date.now() / 1000), { signal });
  const services = survey.services.map((service) => ({ ...service, missing: adviceFor(service) }));
  print(deps, options, {
    value: { ...survey, services },
    text: () => renderSurvey(survey),
    quiet: () => survey.services.map(({ name }: SurveyedService) => plain(name)).join('\n'),
  });
}

async function propose(of: SurveyDeps, options: DiscoverOptions, deps: CliDependencies): Promise<void> {
  const [{ proposePacks }, { packFileOf, summaryOf }] = await Promise.all([
    import('../../activities/collect/index.js'),
    import('./proposals.js'),
  ]);
  const signal = AbortSignal.timeout(PROPOSE_TIMEOUT_MS);
  const proposed = await proposePacks(of, Math.floor(Date.now() / 1000), { signal });
  const file = packFileOf(proposed);
  if (options.out !== undefined && proposed.proposals.length > 0) await writeOutput(options.out, file);
  const text = (): string => (options.out === undefined ? file.trimEnd() : summaryOf(proposed, options.out));
  print(deps, options, { value: proposed, text, quiet: text });
}
