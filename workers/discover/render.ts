import { groups } from 'd3-array';
import type { Survey, SurveyedService } from '../../activities/collect/scope/survey.js';
import { plain } from '../../client/cli/output.js';
import { sliceDimension } from '../../model/slices.js';
import { count } from '../../model/wording.js';

const GOLDEN = ['latency', 'errors', 'traffic'] as const;

/** What to add, where one of the three is missing. */
const REMEDY: Record<(typeof GOLDEN)[number], string> = {
  latency: 'time requests in a histogram',
  errors: 'count requests by status or outcome',
  traffic: 'count requests',
};

/** What is missing of a service, a line each with what to add. Of what serves nothing, nothing is missing. */
export function adviceFor({ signals, calls, calledBy }: SurveyedService): string[] {
  const served = new Set(signals.filter((one) => one.served).map(({ signal }) => signal));
  const others = new Set(signals.map(({ signal }) => signal));
  if (!GOLDEN.some((signal) => served.has(signal))) {
    return ['no latency, errors or traffic; where it serves requests, count and time them (packs/README.md)'];
  }
  const golden = GOLDEN.filter((signal) => !served.has(signal)).map(
    (signal) => `no ${signal}; ${REMEDY[signal]}`,
  );
  const unlinked =
    calls.length + calledBy.length === 0
      ? ['no calls; name the callee in client metrics or span metrics, or write topology.services']
      : [];
  const resources =
    others.has('cpu') || others.has('memory') ? [] : ['no CPU or memory; scrape its process or containers'];
  return [...golden, ...unlinked, ...resources];
}

/** The survey for people: a paragraph for each service, then calls, then what was not answered. */
export function renderSurvey(survey: Survey): string {
  const { services, calls, gaps, packs } = survey;
  if (services.length === 0) {
    return 'Nothing that a pack knows is there: `faultline discover --propose` looks for metrics that could be read.';
  }
  return [
    [
      `${count(services.length, 'service')}, ${count(calls.length, 'call')}, read by ${packs.join(', ')}`,
      ...survey.sources.map(
        ({ name, packs, answers }) =>
          `  ${plain(name)}: ${answers ? packs.join(', ') || 'no pack matches' : 'does not answer'}`,
      ),
    ].join('\n'),
    ...services.map(paragraph),
    calls.length === 0 ? 'Calls: none is known' : ['Calls', ...calls.map(call)].join('\n'),
    ...(gaps.length === 0
      ? []
      : [
          ['Not answered', ...gaps.map(({ what, reason }) => `  ${plain(what)}: ${plain(reason)}`)].join(
            '\n',
          ),
        ]),
  ].join('\n\n');
}

function call({ caller, callee, learntFrom }: Survey['calls'][number]): string {
  return `  ${plain(caller)} -> ${plain(callee)} (${plain(learntFrom.source)})`;
}

/** `slices: version (service_version, 2), instance (pod, 8); no label for node, zone`; nothing where none is known. */
function slicesLine({ slices }: SurveyedService): string[] {
  if (slices.length === 0) return [];
  const told = slices.map(({ dimension, label, values }) => `${dimension} (${plain(label)}, ${values})`);
  const untold = sliceDimension.options.filter((one) => !slices.some(({ dimension }) => dimension === one));
  const none = untold.length === 0 ? '' : `; no label for ${untold.join(', ')}`;
  return [`  slices: ${told.join(', ')}${none}`];
}

function paragraph(service: SurveyedService): string {
  const { name, signals, faults } = service;
  const byPack = groups(signals, ({ pack, source }) =>
    source === undefined ? pack : `${pack} at ${plain(source)}`,
  ).map(([pack, read]) => `  ${pack}: ${[...new Set(read.map((one) => one.name))].join(', ')}`);
  const list = (kinds: readonly string[]): string => (kinds.length === 0 ? 'none' : kinds.join(', '));
  return [
    plain(name),
    ...byPack,
    ...slicesLine(service),
    `  faults that could be told: ${list(faults.told)}`,
    `  faults that could not: ${list(faults.untold)}`,
    ...adviceFor(service).map((line) => `  missing: ${line}`),
  ].join('\n');
}
