/** Writes the published JSON Schema anew from the model: `npm run schema`, after every change of `model/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordSchema } from './record-schema.js';

const file = fileURLToPath(new URL('../docs/schema/incident-record.v1.json', import.meta.url));
await mkdir(dirname(file), { recursive: true });
await writeFile(file, recordSchema());
console.log(`wrote ${relative(process.cwd(), file)}`);
