import assert from 'node:assert/strict';
import fc from 'fast-check';
import { visibilityQuery } from '../../client/incident-list.js';

const CLOSED = "('resolved', 'expired', 'cancelled', 'merged')";

describe('the query behind a list of incidents', () => {
  it('asks for every incident when nothing filters', () => {
    const all = "WorkflowType = 'diagnoseIncident' AND ExecutionStatus != 'ContinuedAsNew'";
    assert.equal(visibilityQuery({}), all);
    assert.equal(visibilityQuery({ service: [] }), all);
  });

  it('joins filters by and, and the values of one filter by or', () => {
    assert.equal(
      visibilityQuery({
        environment: ['production'],
        service: ['checkout', 'cart'],
        severity: ['critical'],
        state: ['open', 'resolved'],
        rootCause: ['payment'],
        since: Date.UTC(2026, 10, 24, 10, 42) / 1000,
      }),
      [
        "WorkflowType = 'diagnoseIncident'",
        "ExecutionStatus != 'ContinuedAsNew'",
        "FaultlineEnvironment = 'production'",
        "(FaultlineService = 'checkout' OR FaultlineService = 'cart')",
        "FaultlineSeverity = 'critical'",
        "FaultlineRootCause = 'payment'",
        `((ExecutionStatus = 'Running' AND FaultlineState NOT IN ${CLOSED}) OR FaultlineState = 'resolved')`,
        "StartTime >= '2026-11-24T10:42:00.000Z'",
      ].join(' AND '),
    );
  });

  it('takes for closed what has ended, also while its workflow waits for a verdict', () => {
    const query = visibilityQuery({ state: ['closed'] });
    assert.ok(query.endsWith(` AND (ExecutionStatus != 'Running' OR FaultlineState IN ${CLOSED})`), query);
  });

  it('lets no value out of its quotes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("'", '\\', '"', ' OR ', 'x', '\n')), (parts) => {
        const value = parts.join('');
        const query = visibilityQuery({ service: [value] });
        const [, literal = ''] = query.split('FaultlineService = ');
        // A literal as the server's SQL parser reads it: doubled quotes and escaped characters stay inside.
        assert.match(literal, /^'(?:''|\\[\s\S]|[^'\\])*'$/);
        assert.equal(literal.slice(1, -1).replaceAll("''", "'").replaceAll('\\\\', '\\'), value);
      }),
    );
  });
});
