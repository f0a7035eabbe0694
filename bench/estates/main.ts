import { readEstates } from './estate.js';
import { examineEstate } from './examine.js';
import { rowOf, tableOf } from './table.js';

/*
 * `npm run bench:estates [-- NAME ...]`: what Faultline reads of each kind of monitoring in test/estates, and whether a
 * diagnosis finds the culprit in it. `--json` prints one document and nothing else.
 */

const args = process.argv.slice(2);
const isJson = args.includes('--json');
const estates = await readEstates(args.filter((arg) => !arg.startsWith('--')));
const rows = [];
for (const estate of estates) {
  if (!isJson) process.stderr.write(`${estate.name}\n`);
  rows.push(rowOf(await examineEstate(estate)));
}
process.stdout.write(isJson ? `${JSON.stringify(rows)}\n` : `${tableOf(rows)}\n`);
