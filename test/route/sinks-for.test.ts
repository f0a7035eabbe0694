import assert from 'node:assert/strict';
import { sinksFor, withRoutes } from '../../activities/route/sinks-for.js';
import type { Route } from '../../config/sinks/base.js';
import type { IncidentRecord } from '../../model/incident.js';
import { aDiagnosis } from '../support/diagnoses.js';
import { aRecord } from '../support/fake-incidents.js';

const told = (sink: string) => ({ sink, revision: 1, at: 1, reference: null });
const inconclusive = (service: string) => {
  const diagnosis = aDiagnosis({ service });
  return { ...diagnosis, verdict: { ...diagnosis.verdict, level: 'inconclusive' as const } };
};

/** A critical incident of checkout in production whose cause is payment. */
const CASES: [says: string, route: Partial<Route>, record: Partial<IncidentRecord>, hears: boolean][] = [
  ['all when nothing is said', {}, {}, true],
  ['the service that shows it', { services: ['checkout'] }, {}, true],
  ['the service that is to blame', { services: ['payment'] }, {}, true],
  ['the service that a person named', { services: ['ledger'] }, { feedback: wrong('ledger') }, true],
  [
    'a mere lead of an inconclusive verdict',
    { services: ['lead'] },
    { diagnosis: inconclusive('lead') },
    false,
  ],
  ['another service', { services: ['cart', 'search'] }, {}, false],
  ['a pattern', { services: ['cart', 'check*'] }, {}, true],
  ['a pattern with a slash inside', { services: ['shop/*'] }, { service: 'shop/eu/checkout' }, true],
  ['a name that only begins alike', { services: ['check'] }, {}, false],
  ['letters of another case', { services: ['Checkout'] }, {}, false],
  ['signs that mean something elsewhere', { services: ['check(out)?', '[c]heckout'] }, {}, false],
  ['the environment', { environments: ['prod*'] }, {}, true],
  ['another environment', { environments: ['staging'] }, {}, false],
  ['the severity', { severities: ['critical'] }, {}, true],
  ['another severity', { severities: ['warning', 'info'] }, {}, false],
  ['all that is asked for', { services: ['checkout'], severities: ['critical'] }, {}, true],
  ['a part of what is asked for', { services: ['checkout'], environments: ['staging'] }, {}, false],
  ['before it was escalated', { when: 'escalated' }, {}, false],
  ['after it was escalated', { when: 'escalated' }, { escalatedAt: 5 }, true],
  ['what it has heard of before', { services: ['cart'] }, { publications: [told('chat')] }, true],
  ['what another has heard of before', { services: ['cart'] }, { publications: [told('other')] }, false],
];

function wrong(service: string): IncidentRecord['feedback'] {
  return { grade: 'wrong', service, faultKind: null, note: '', by: 'ana', at: 1 };
}

describe('the route of a sink', () => {
  for (const [says, route, record, hears] of CASES) {
    it(`${hears ? 'lets through' : 'keeps out'} ${says}`, () => {
      const sinks = [{ name: 'chat', route: { when: 'always' as const, ...route } }];
      assert.deepEqual(sinksFor(aRecord(record), sinks), hears ? ['chat'] : []);
    });
  }

  it('decides on the record that was saved', async () => {
    const sinks = [
      { name: 'all', route: { when: 'always' as const } },
      { name: 'manager', route: { when: 'escalated' as const } },
    ];
    const save = withRoutes(
      () => Promise.resolve({ uri: 'record/r1', reportPath: '/r', reportUrl: null }),
      sinks,
    );
    assert.deepEqual(await save({ record: aRecord() }), {
      uri: 'record/r1',
      reportPath: '/r',
      reportUrl: null,
      sinks: ['all'],
    });
    assert.deepEqual((await save({ record: aRecord({ escalatedAt: 5 }) })).sinks, ['all', 'manager']);
  });
});
