/** Every workflow of the worker: the bundle's entry. An exported function's name is its workflow type. */
export { diagnoseIncident } from './incident/diagnose-incident.js';
export { triage } from './triage/triage.js';
export { watch } from './watch.js';
export { guardRollout } from './guard/guard-rollout.js';
export { heartbeat } from './heartbeat.js';
export { keepChanges } from './keep-changes.js';
