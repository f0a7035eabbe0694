import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { testConfig } from '../../test/support/scopes.js';
import { diagnoseLook, judge, type Judged } from './judge.js';
import { keepLook, readLooks, type Look } from './kept-look.js';
import { printLooks, printSummary, summarise } from './print.js';
import { findRecordings, readRecording } from './recording.js';
import { takeLooks } from './take-looks.js';

/*
 * `npm run bench:live`: recordings of real systems, read by the product's own collectors from a real Prometheus at
 * several times after the alert, and diagnosed.
 */

interface Options {
  only: RegExp;
  keep?: string;
  inputs?: string;
  json: boolean;
}

await new Command('bench:live')
  .description('Diagnose recorded incidents as the product would, at several times after the alert.')
  .argument('[recordings]', 'folder of recordings; each is a folder with label.json')
  .option('--only <regex>', 'recordings whose name matches', patternOf, /^/u)
  .option('--keep <dir>', 'write what each look read, for --inputs')
  .option('--inputs <dir>', 'diagnose what --keep wrote, without Prometheus')
  .option('--json', 'print the measurements as JSON', false)
  .action(async (recordings: string | undefined, options: Options, command: Command) => {
    if ((recordings === undefined) === (options.inputs === undefined)) {
      command.error('expected either a folder of recordings or --inputs <dir>');
    }
    const folder = recordings ?? options.inputs!;
    if (!existsSync(folder)) command.error(`${folder} is not there; expected a folder`);
    const config = testConfig();
    const judged: Judged[] = [];
    for await (const look of looksOf(recordings, options)) {
      if (options.keep !== undefined) keepLook(options.keep, look);
      judged.push(judge(look, diagnoseLook(look, config.diagnosis.checkSuspects)));
    }
    if (judged.length === 0)
      command.error(
        `${folder} holds no recording that matches: expected ${recordings === undefined ? 'files that --keep wrote' : 'folders with a label.json'}`,
      );
    const summary = summarise(judged);
    if (options.json) console.log(JSON.stringify({ looks: judged, summary }, null, 1));
    else process.stdout.write(printLooks(judged) + printSummary(summary));
  })
  .parseAsync();

async function* looksOf(recordings: string | undefined, { inputs, only }: Options): AsyncGenerator<Look> {
  if (inputs !== undefined) yield* readLooks(inputs).filter(({ recording }) => only.test(recording));
  if (recordings === undefined) return;
  for (const folder of findRecordings(recordings)) {
    if (!only.test(folder.split('/').at(-1)!)) continue;
    process.stderr.write(`${folder}\n`);
    yield* await takeLooks(readRecording(folder, testConfig()));
  }
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    throw new InvalidArgumentError('expected a regular expression.');
  }
}
