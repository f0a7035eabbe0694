#!/usr/bin/env node
// The compiled program when it was built (as in the published package), else the sources of a checkout.
import { existsSync } from 'node:fs';
import { URL } from 'node:url';

const built = new URL('../dist/workers/faultline.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import(new URL('../workers/faultline.ts', import.meta.url).href);
}
