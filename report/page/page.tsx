/** @jsxRuntime automatic @jsxImportSource preact */
import { sha256 } from '@noble/hashes/sha2.js';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { IncidentRecord } from '../../model/incident.js';
import { buildDocument } from '../build.js';
import type { Document, Section } from '../document.js';
import { factsOf, type Facts } from '../facts.js';
import { oneLine } from '../escape.js';
import { moment } from '../format.js';
import { withoutSecrets } from '../mask.js';
import { Band } from './band.js';
import { SectionView } from './blocks.js';
import type { PageEvidence } from './evidence.js';
import { Hypotheses } from './hypotheses.js';
import { incidentMap } from './map-facts.js';
import { IncidentMapView } from './map.js';
import { Plots, PLOTS_TITLE } from './plots.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';

/**
 * The summary of an incident as one HTML file that asks for nothing when it is opened: the facts of the other
 * renderings, and plots of the stored evidence and a map, which only a page can show. Deterministic.
 *
 * @param evidence the samples of the series that the record names (`namedSeries`), made ready by `reduceSeries`
 */
export function renderPage(record: IncidentRecord, evidence: PageEvidence): string {
  const facts = factsOf(record);
  const page = <Page facts={facts} document={buildDocument(record)} evidence={evidence} />;
  return `<!doctype html>\n${renderToString(page)}\n`;
}

/** Nothing but this style and this script, nothing from anywhere, and no form. */
const POLICY = [
  "default-src 'none'",
  `style-src '${digestOf(STYLE)}'`,
  `script-src '${digestOf(SCRIPT)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function digestOf(text: string): string {
  return `sha256-${base64(sha256(new TextEncoder().encode(text)))}`;
}

function base64(bytes: Uint8Array): string {
  const letters = Array.from({ length: Math.ceil(bytes.length / 8192) }, (_, index) =>
    String.fromCharCode(...bytes.subarray(index * 8192, (index + 1) * 8192)),
  );
  return btoa(letters.join(''));
}

interface PageProps {
  facts: Facts;
  document: Document;
  evidence: PageEvidence;
}

function Page({ facts, document, evidence }: PageProps): VNode {
  const { window } = facts.diagnosis ?? { window: null };
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>{document.title}</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: STYLE }} />
      </head>
      <body>
        <main {...(window && { 'data-start': window.start, 'data-length': window.end - window.start })}>
          <Contents facts={facts} document={document} evidence={evidence} />
          <Footer record={facts.record} />
        </main>
        <script dangerouslySetInnerHTML={{ __html: SCRIPT }} />
      </body>
    </html>
  );
}

/** What the first screen holds. */
const FIRST_SCREEN = ['Summary', 'Next actions'];

/** What comes before the plots: the status, which services are affected, and why. */
const OPENING = ['Status', 'Impact', 'Probable cause'];

/** What is only opened to verify the answer. */
const FOLDED = ['Checks run', 'How this was decided', 'Queries'];

/** Sections that stand side by side where there is room. */
const PAIR = ['Ruled out', 'Not checked'] as const;

const SPREAD = 'How it spread';

function Contents({ facts, document, evidence }: PageProps): VNode {
  // The page is made anew with every update: what people write into it would be lost.
  const body = document.sections.filter(
    ({ title, forPeople }) => !forPeople && !FIRST_SCREEN.includes(title),
  );
  const opening = body.filter(({ title }) => OPENING.includes(title));
  const rest = body.filter(({ title }) => !OPENING.includes(title));
  const plots = Plots({ facts, evidence });
  const map = incidentMap(facts);
  const drawing = map && <IncidentMapView map={map} />;
  const isAlone = drawing !== null && !rest.some(({ title }) => title === SPREAD);
  const index = [
    ...opening.map(({ title }) => title),
    ...(plots ? [PLOTS_TITLE] : []),
    ...(isAlone ? [MAP_TITLE] : []),
    ...rest.map(({ title }) => title),
  ];
  return (
    <>
      <Band facts={facts} document={document} evidence={evidence} index={index} />
      <Sections sections={opening} />
      {plots}
      {isAlone && <SectionView section={{ title: MAP_TITLE, blocks: [] }}>{drawing}</SectionView>}
      <Sections sections={rest} within={{ [SPREAD]: drawing, Evidence: <Hypotheses facts={facts} /> }} />
      <RecordLink record={facts.record} />
    </>
  );
}

const MAP_TITLE = 'Service map';

interface SectionsProps {
  sections: readonly Section[];
  /** What stands below the heading of a section, by its title. */
  within?: Readonly<Record<string, VNode | null>>;
}

function Sections({ sections, within = {} }: SectionsProps): VNode {
  const [left, right] = PAIR.map((title) => sections.find((section) => section.title === title));
  return (
    <>
      {sections.map((section) => {
        const { title } = section;
        if (left && right && section === right) return null;
        if (left && right && section === left) return <Pair key={title} left={left} right={right} />;
        return (
          <SectionView key={title} section={section} isFolded={FOLDED.includes(title)}>
            {within[title]}
          </SectionView>
        );
      })}
    </>
  );
}

function Pair({ left, right }: { left: Section; right: Section }): VNode {
  return (
    <div class="pair">
      <SectionView section={left} />
      <SectionView section={right} />
    </div>
  );
}

/** The whole record, to be read by programs: the link holds it. */
function RecordLink({ record }: { record: IncidentRecord }): VNode {
  const json = `${JSON.stringify(withoutSecrets(record), null, 1)}\n`;
  const data = base64(new TextEncoder().encode(json));
  const name = record.id
    .replace(/^incident\//, '')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 120);
  return (
    <p class="record">
      <a href={`data:application/json;base64,${data}`} download={`${name}.json`}>
        Download the record
      </a>{' '}
      (JSON, {Math.ceil(json.length / 1024)} KiB, without secrets)
    </p>
  );
}

function Footer({ record }: { record: IncidentRecord }): VNode {
  return (
    <footer>
      Faultline {oneLine(record.product.version, 40)}, update {record.revision} of {oneLine(record.id, 200)}.
      Opened {moment(record.timings.openedAt)}. All times are UTC.
    </footer>
  );
}
