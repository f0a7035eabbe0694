import { median } from 'd3-array';
import { Command } from 'commander';
import { FAULTS, parseFault } from '../../examples/shop/fault-catalog.js';
import { faultTypeWords } from '../../model/wording.js';
import { table } from '../table.js';
import { judge, SELECTIONS, type Judged } from './judge.js';
import { recordEvidence } from './record.js';
import { readEvidence, recordedEvidence } from './recording.js';

/*
 * `npm run bench:evidence`: how often the recorded incidents of the shop are diagnosed with service and kind by metrics
 * alone, with each other source, and with all of them, and what reading these takes.
 */

const program = new Command('bench:evidence')
  .description('Diagnose recorded incidents of the shop by each source of evidence alone and together.')
  .argument(
    '[faults...]',
    'names of faults (all that were recorded, or all that there are, when none is named)',
  )
  .option('--record', 'break the real shop and record each fault first: three minutes each')
  .option('--json', 'print the measurements as JSON')
  .parse();
const { record = false, json = false } = program.opts<{ record?: boolean; json?: boolean }>();

if (record) await recordEvidence(program.args.length > 0 ? program.args.map(parseFault) : FAULTS);
const names = program.args.length > 0 ? program.args : recordedEvidence();
if (names.length === 0) program.error('nothing was recorded: expected --record');
const recordings = names.map((name) => readEvidence(name));
const judged = recordings.flatMap((recording) => SELECTIONS.map((selection) => judge(recording, selection)));
if (json) console.log(JSON.stringify(judged, null, 1));
else process.stdout.write(incidentsTable(judged) + selectionsTable(judged));

function selectionsTable(all: readonly Judged[]): string {
  return table(
    `${names.length} incidents of the shop, 20 s after the alert`,
    ['asked', 'service', 'and likeliest kind', 'and kind as told', 'seconds', 'KB read'],
    SELECTIONS.map(({ name }) => {
      const own = all.filter(({ selection }) => selection === name);
      const share = (right: (one: Judged) => boolean): string =>
        `${own.filter(right).length} of ${own.length}`;
      const seconds = median(own, (one) => one.seconds) ?? NaN;
      const bytes = median(own, (one) => one.bytes) ?? NaN;
      return [
        name,
        share((one) => one.serviceRight),
        share((one) => one.likeliestRight),
        share((one) => one.right),
        seconds.toFixed(1),
        Math.round(bytes / 1000),
      ];
    }),
  );
}

function incidentsTable(all: readonly Judged[]): string {
  const named = (fault: string, name: string): string => {
    const one = all.find(({ fault: of, selection }) => of === fault && selection === name)!;
    const words = `${one.service ?? 'nobody'}, ${faultTypeWords(one.kind) ?? 'kind unclear'}`;
    return one.right ? words : `${words} (wrong)`;
  };
  return table(
    'What is named',
    ['fault', 'by metrics', 'by all'],
    names.map((fault) => [fault, named(fault, 'metrics'), named(fault, 'all')]),
  );
}
