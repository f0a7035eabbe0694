import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SKIPPED = new Set(['node_modules', 'dist', '.faultline', '.git', 'golden']);

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const place = join(folder, entry.name);
    if (entry.isDirectory()) return pagesIn(place);
    return entry.name.endsWith('.md') ? [place] : [];
  });
}

/** A page without its blocks of code, where a bracket means something else. */
function proseOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/^ *```.*?^ *```$/gms, '');
}

/** Where links may lead within a page: its headings, as GitHub and most others turn them into anchors. */
function anchorsOf(file: string): Set<string> {
  const headings = [...proseOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

describe('the documentation', () => {
  for (const page of pagesIn(ROOT)) {
    const links = [...proseOf(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    if (links.length === 0) continue;
    it(`links from ${relative(ROOT, page)} to what is there`, () => {
      for (const link of links) {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? page : join(dirname(page), file);
        assert.ok(existsSync(target), `${link}: there is no such file`);
        if (anchor !== undefined)
          assert.ok(anchorsOf(target).has(anchor), `${link}: there is no such heading`);
      }
    });
  }
});
