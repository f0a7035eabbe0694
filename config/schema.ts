import { z } from 'zod';
import { changes } from './changes.js';
import { checks } from './checks.js';
import { runbooks } from './runbooks.js';
import { followUp } from './follow-up.js';
import { guard } from './guard.js';
import { kubernetes } from './kubernetes.js';
import { logs } from './logs.js';
import { metrics } from './metrics.js';
import { filePath, httpUrl, seconds } from './primitives.js';
import { dev, worker } from './processes.js';
import { record } from './record.js';
import { services } from './services.js';
import { sinks } from './sinks/index.js';
import { status } from './status.js';
import { store } from './store.js';
import { traces } from './traces.js';
import { triage } from './triage.js';
import { watches } from './watches.js';
import { webhook } from './webhook.js';

const settings = z.strictObject({
  /**
   * Separates incidents of, say, staging and production. An alert's `environment` or `cluster` label goes before it.
   */
  environment: z.string().min(1).default('default'),

  temporal: z
    .strictObject({
      /** Profile of the Temporal client's own TOML configuration; TEMPORAL_* variables override it. */
      profile: z.string().min(1).optional(),
      /** Web UI for links, `http://localhost:8233`. */
      uiUrl: httpUrl.optional(),
    })
    .prefault({}),

  metrics,

  packs: z
    .strictObject({
      /** `auto` asks the source which metrics it has; a list of pack names pins them. */
      use: z.union([z.literal('auto'), z.array(z.string().min(1))]).default('auto'),
      /** Own packs (YAML), beside those that come with Faultline. */
      files: z.array(filePath).default([]),
    })
    .prefault({}),

  /** What is known of the services beside what metrics tell. */
  topology: z
    .strictObject({
      /** Catalogue files of Backstage; `*` stands for any part of a path. */
      catalogs: z.array(filePath).max(50).default([]),
      services: z
        .array(
          z.strictObject({
            name: z.string().min(1),
            calls: z.array(z.string().min(1)).default([]),
            host: z.string().min(1).optional(),
            external: z.boolean().default(false),
          }),
        )
        .default([]),
    })
    .prefault({}),

  services,

  changes,

  logs,

  traces,

  kubernetes,

  status,

  checks,
  runbooks,

  diagnosis: z
    .strictObject({
      /** Calm time looked at before the alert, for the baseline. */
      baselineSeconds: seconds.default(3600),
      /** Time looked at after the alert began, as far as it has passed. */
      afterSeconds: seconds.default(600),
      /** Distance of samples; chosen from the window when left out. */
      stepSeconds: seconds.optional(),
      /**
       * Earlier days, counted back from the incident, whose same hour is pulled too where the source still has it:
       * what happened then as well is season, not trouble. An empty list compares with nothing.
       */
      compareDays: z.array(z.number().int().positive()).max(4).default([1, 7]),
      /** How far a diagnosis walks along calls from the alerting service. */
      maxHops: z.number().int().positive().default(6),
      maxServices: z.number().int().positive().default(200),
      /** How many leading suspects are checked. */
      checkSuspects: z.number().int().nonnegative().default(3),
      /** How long a source that does not answer is asked again before the summary goes out without it. */
      sourceTimeoutSeconds: seconds.default(90),
      /** After this the analysis is given up and the summary says so. */
      timeoutSeconds: seconds.default(120),
    })
    .prefault({}),

  followUp,

  guard,

  triage,

  webhook,

  watches,

  sinks: sinks.default([]),

  worker,

  dev,

  store,

  record,

  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

/** The whole of faultline.yml. Every field has a default but the metrics source. */
export const configSchema = settings.superRefine((config, context) => {
  const { followUp, sinks } = config;
  demandDistinctNames(config, context);
  if (followUp.escalateAfterSeconds > 0) return;
  sinks.forEach(({ name, route }, i) => {
    if (route.when !== 'escalated') return;
    const message = `nothing is ever escalated, so ${name} would hear of nothing; set followUp.escalateAfterSeconds`;
    context.addIssue({ code: 'custom', path: ['sinks', i, 'route', 'when'], message });
  });
});
export type Config = z.infer<typeof configSchema>;

/** Gaps, steps and evidence say which source they are of by its name alone. */
function demandDistinctNames(
  { metrics, logs, traces, kubernetes, status, changes }: z.infer<typeof settings>,
  context: z.RefinementCtx,
): void {
  const owners = new Map<string, string>();
  for (const [list, sources] of Object.entries({ metrics, logs, traces, kubernetes, status, changes })) {
    // A single source that is wrong has not become a list of one yet.
    [sources].flat().forEach(({ name }, i) => {
      const owner = owners.get(name);
      owners.set(name, list);
      if (owner === undefined) return;
      const message = `expected a name of its own, ${owner} has a source ${name} as well`;
      context.addIssue({ code: 'custom', path: [list, i, 'name'], message });
    });
  }
}
