import { readFile } from 'node:fs/promises';
import { parseEstate } from './bench/estates/estate.js';
import { withEstate } from './bench/estates/examine.js';
import { loadPacks, proposePacks } from './activities/collect/index.js';
import { testConfig } from './test/support/scopes.js';
import { packFileOf } from './workers/discover/proposals.js';
const estate = parseEstate('house', await readFile(process.argv[2]!, 'utf8'));
await withEstate(estate, async (source, { end }) => {
  const t = Date.now();
  const p = await proposePacks({ source, packs: await loadPacks(), config: testConfig() }, end);
  if (process.argv[3]) console.log(packFileOf(p));
  else for (const one of p.proposals) console.log(one.name, one.confidence, '|', one.reasons.join(' & '), '|', one.doubts.join(' & '), '|', one.read.map(r => r.signal+' '+r.services.join(',')).join('; '), one.calls.join(','), '|', one.example);
  for (const l of p.leftOut) console.log('LEFT', l.metric, l.why);
  for (const g of p.gaps) console.log('GAP', g.what, g.reason);
  console.log(Date.now() - t, 'ms', p.unknown, p.lookedAt);
});
