import assert from 'node:assert/strict';
import fc from 'fast-check';
import { visibilityQuery } from '../../client/incident-list.js';

describe('the query behind a list of incidents', () => {
  it('asks for every incident when nothing filters', () => {
    assert.equal(visibilityQuery({}), "WorkflowType = 'diagnoseIncident'");
    assert.equal(visibilityQuery({ service: [] }), "WorkflowType = 'diagnoseIncident'");
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
        "FaultlineEnvironment = 'production'",
        "(FaultlineService = 'checkout' OR FaultlineService = 'cart')",
        "FaultlineSeverity = 'critical'",
        "FaultlineRootCause = 'payment'",
        "(ExecutionStatus = 'Running' OR FaultlineState = 'resolved')",
        "StartTime >= '2026-11-24T10:42:00.000Z'",
      ].join(' AND '),
    );
  });

  it('tells open from closed incidents by whether their workflow runs', () => {
    assert.match(visibilityQuery({ state: ['closed'] }), / AND ExecutionStatus != 'Running'$/);
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
