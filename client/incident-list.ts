import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { IncidentState } from '../model/incident.js';
import { DIAGNOSE_WORKFLOW, TITLE_MEMO, type SearchAttributeName } from '../model/messages.js';
import { searchKeys } from './temporal.js';

/** Which incidents to list; what is left out does not filter. Several values of one filter mean any of them. */
export interface IncidentFilters {
  environment?: string[] | undefined;
  service?: string[] | undefined;
  severity?: string[] | undefined;
  /** A state of model/incident.ts, or `open` / `closed`. */
  state?: string[] | undefined;
  /** Service that the diagnosis, or a person after it, names as the cause. */
  rootCause?: string[] | undefined;
  /** Opened at or after this moment, unix seconds. */
  since?: number | undefined;
}

/** A closed incident's workflow may still run, to wait for a verdict. */
export const CLOSED_STATES: readonly IncidentState[] = ['resolved', 'expired', 'cancelled', 'merged'];
const CLOSED = `(${CLOSED_STATES.map(quoted).join(', ')})`;

export function isClosedState(state: string | null): boolean {
  return CLOSED_STATES.some((closed) => closed === state);
}

/** One incident as its search attributes describe it: needs no worker. Null is "not known yet". */
export interface IncidentRow {
  id: string;
  runId: string;
  environment: string | null;
  service: string | null;
  severity: string | null;
  state: string | null;
  open: boolean;
  rootCause: string | null;
  faultKind: string | null;
  /** confirmed, suspected or inconclusive. */
  verdict: string | null;
  confidence: number | null;
  /** What a person said of the diagnosis: `right` or `wrong`. */
  feedback: string | null;
  /** Title of the alert that opened it. */
  title: string | null;
  /** Unix seconds. */
  openedAt: number;
  /** Null also while a closed incident waits for a verdict: its record knows. */
  closedAt: number | null;
}

/** The visibility query for these filters. Every value is quoted, so no value can widen the search. */
export function visibilityQuery(filters: IncidentFilters): string {
  const states = filters.state ?? [];
  const clauses = [
    `WorkflowType = ${quoted(DIAGNOSE_WORKFLOW)}`,
    // A run that went on as another is not an incident of its own.
    `ExecutionStatus != 'ContinuedAsNew'`,
    anyOf('FaultlineEnvironment', filters.environment),
    anyOf('FaultlineService', filters.service),
    anyOf('FaultlineSeverity', filters.severity),
    anyOf('FaultlineRootCause', filters.rootCause),
    either([
      ...(states.includes('open')
        ? [`(ExecutionStatus = 'Running' AND FaultlineState NOT IN ${CLOSED})`]
        : []),
      ...(states.includes('closed') ? [`ExecutionStatus != 'Running'`, `FaultlineState IN ${CLOSED}`] : []),
      ...states
        .filter((state) => state !== 'open' && state !== 'closed')
        .map((state) => equals('FaultlineState', state)),
    ]),
    filters.since !== undefined && `StartTime >= ${quoted(new Date(filters.since * 1000).toISOString())}`,
  ];
  return clauses.filter((clause) => clause !== false && clause !== '').join(' AND ');
}

/** Reads a row from what visibility holds of a workflow. */
export function rowOf(run: WorkflowExecutionInfo): IncidentRow {
  const attributes = run.typedSearchAttributes;
  const state = attributes.get(searchKeys.state) ?? null;
  return {
    id: run.workflowId,
    runId: run.runId,
    environment: attributes.get(searchKeys.environment) ?? null,
    service: attributes.get(searchKeys.service) ?? null,
    severity: attributes.get(searchKeys.severity) ?? null,
    state,
    open: run.status.name === 'RUNNING' && !isClosedState(state),
    rootCause: attributes.get(searchKeys.rootCause) ?? null,
    faultKind: attributes.get(searchKeys.faultKind) ?? null,
    verdict: attributes.get(searchKeys.verdict) ?? null,
    confidence: attributes.get(searchKeys.confidence) ?? null,
    feedback: attributes.get(searchKeys.feedback) ?? null,
    title: typeof run.memo?.[TITLE_MEMO] === 'string' ? run.memo[TITLE_MEMO] : null,
    openedAt: run.startTime.getTime() / 1000,
    closedAt: run.closeTime ? run.closeTime.getTime() / 1000 : null,
  };
}

function anyOf(attribute: SearchAttributeName, values: string[] | undefined): string {
  return either((values ?? []).map((value) => equals(attribute, value)));
}

function equals(attribute: SearchAttributeName, value: string): string {
  return `${attribute} = ${quoted(value)}`;
}

function either(clauses: string[]): string {
  return clauses.length > 1 ? `(${clauses.join(' OR ')})` : (clauses[0] ?? '');
}

/**
 * A string literal of Temporal's list filters. Quotes are doubled and backslashes escaped, as its SQL parser
 * reads them. (The server finds nothing for a value that holds a backslash, a double quote or a line break.)
 */
function quoted(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
