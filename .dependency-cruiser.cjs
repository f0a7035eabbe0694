// The walls (docs/architecture.md): who may import whom.
const wall = (from, forbidden, comment) => ({
  name: `wall-${from}`,
  severity: 'error',
  comment,
  from: { path: `^${from}/` },
  to: { path: forbidden.map((folder) => `^${folder}/`) },
});
const nodeBuiltins = { dependencyTypes: ['core'] };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    wall(
      'model',
      ['config', 'analysis', 'report', 'workflows', 'activities', 'client', 'workers'],
      'the nouns depend on nothing of ours',
    ),
    wall(
      'config',
      ['analysis', 'report', 'workflows', 'activities', 'client', 'workers'],
      'settings know only the nouns',
    ),
    wall(
      'analysis',
      ['config', 'report', 'workflows', 'activities', 'client', 'workers'],
      'the analysis is pure',
    ),
    wall(
      'report',
      ['config', 'analysis', 'workflows', 'activities', 'client', 'workers'],
      'the report is pure',
    ),
    wall('activities', ['workflows', 'client', 'workers'], 'activities are called, they do not call'),
    wall('client', ['activities', 'analysis', 'workers'], 'a client only talks to Temporal'),
    {
      name: 'workflows-types-only',
      severity: 'error',
      comment: 'workflow code reaches activities by type only and never the analysis, the report or Node',
      from: { path: '^workflows/' },
      // What the Temporal UI shows is written by these, which are as light as workflow code itself.
      to: {
        path: '^(config|analysis|report|client|workers)/',
        pathNot: '^report/(details|escape)\\.ts$',
      },
    },
    {
      name: 'workflows-activities-by-type',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workflows-zod-by-type',
      severity: 'error',
      comment: 'zod would weigh down every cached workflow: validate at the edges',
      from: { path: '^workflows/' },
      to: { path: 'node_modules/zod', reachable: false },
    },
    {
      name: 'client-workflows-by-type',
      severity: 'error',
      from: { path: '^client/' },
      to: { path: '^workflows/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'workflows-no-node', severity: 'error', from: { path: '^workflows/' }, to: nodeBuiltins },
    {
      name: 'analysis-no-node',
      severity: 'error',
      from: { path: '^(analysis|report|model)/' },
      to: nodeBuiltins,
    },
    {
      name: 'analysis-no-temporal',
      severity: 'error',
      from: { path: '^(analysis|report|config)/' },
      to: { path: '@temporalio' },
    },
    {
      name: 'model-temporal-by-type',
      severity: 'error',
      comment: 'model/messages.ts has the types of every message, and costs a client nothing',
      from: { path: '^model/' },
      to: { path: '@temporalio', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-not-examples',
      severity: 'error',
      from: { path: '^(model|config|analysis|report|workflows|activities|client)/' },
      to: { path: '^(examples|bench|test|tools)/' },
    },
    {
      name: 'not-to-dev-dep',
      severity: 'error',
      comment: 'the package is installed without development dependencies; workers/demo is no part of it',
      from: {
        path: '^(model|config|analysis|report|workflows|activities|client|workers|bin)/',
        pathNot: '^workers/demo/',
      },
      to: {
        dependencyTypes: ['npm-dev'],
        // Types are gone when it is compiled; bin/faultline.js loads tsx in a checkout alone.
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/(tsx|@types)/',
      },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
