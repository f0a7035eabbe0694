/** Runs a dev server on the file given, says where it is, and stays until it is killed. */
import { pino } from 'pino';
import { startDevServer } from '../../workers/dev/dev-server.js';

const [dbFile] = process.argv.slice(2);
if (dbFile === undefined) throw new Error('expected the database file');
const { pid, address } = await startDevServer({ dbFile, ui: false, log: pino({ level: 'silent' }) });
process.stdout.write(JSON.stringify({ pid, address }) + '\n');
