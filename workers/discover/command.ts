import type { Command } from 'commander';
import type { SurveyedService } from '../../activities/collect/scope/survey.js';
import {
  print,
  withCommonOptions,
  type CliDependencies,
  type CommonOptions,
} from '../../client/cli/context.js';
import { plain } from '../../client/cli/output.js';

/** A person waits for it; a source that takes longer is not asked further. */
const TIMEOUT_MS = 60_000;

/** Adds `discover`: what of an estate Faultline reads, and what it could tell of a fault, before there is one. */
export function buildDiscoverCommand(program: Command, deps: CliDependencies): void {
  withCommonOptions(program.command('discover'))
    .description('say what is read of each service, which calls are known, what is missing and what to add')
    .action((options: CommonOptions) => discover(options, deps));
}

async function discover(options: CommonOptions, deps: CliDependencies): Promise<void> {
  const [{ loadConfig }, { loadPacks, openSource, surveyEstate }, { adviceFor, renderSurvey }] =
    await Promise.all([
      import('../../config/load.js'),
      import('../../activities/collect/index.js'),
      import('./render.js'),
    ]);
  const { config } = await loadConfig({
    ...(options.config !== undefined && { file: options.config }),
    env: deps.env,
  });
  const source = await openSource(config.metrics);
  try {
    const packs = await loadPacks(config.packs.files);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const survey = await surveyEstate({ source, packs, config }, Math.floor(Date.now() / 1000), { signal });
    const services = survey.services.map((service) => ({ ...service, missing: adviceFor(service) }));
    print(deps, options, {
      value: { ...survey, services },
      text: () => renderSurvey(survey),
      quiet: () => survey.services.map(({ name }: SurveyedService) => plain(name)).join('\n'),
    });
  } finally {
    source.close();
  }
}
