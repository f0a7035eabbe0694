import assert from 'node:assert/strict';
import { configSchema } from '../../../config/schema.js';

function faultsOf(sources: object): string[] {
  const result = configSchema.safeParse({
    metrics: { type: 'prometheus', url: 'http://prometheus' },
    webhook: { sources },
  });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const check = { name: 'a', map: { title: 't', fingerprint: 'f' } };

/** What a mistake in the settings of a source is told as. */
describe('the settings of sources', () => {
  const table: [what: string, sources: object, fault: RegExp | null][] = [
    ['are empty for a source without any of its own', { datadog: {}, opsgenie: {} }, null],
    ['are needed where a source signs', { pagerduty: {} }, /^webhook\.sources\.pagerduty\.secrets: /],
    ['hold at least one secret', { sentry: { secrets: [] } }, /^webhook\.sources\.sentry\.secrets: /],
    [
      'name topics by their ARN',
      { sns: { topics: ['alarms'] } },
      /^webhook\.sources\.sns\.topics\.0: expected the ARN of an SNS topic$/,
    ],
    [
      'take no path that is none',
      { generic: [{ ...check, each: 'alerts[' }] },
      /^webhook\.sources\.generic\.0\.each: expected a JMESPath expression: /,
    ],
    [
      'take no path that calls what there is not',
      { generic: [{ ...check, map: { ...check.map, title: 'process(exit' } }] },
      /^webhook\.sources\.generic\.0\.map\.title: expected a JMESPath expression: /,
    ],
    [
      'give each generic source its own name',
      { generic: [check, check] },
      /^webhook\.sources\.generic\.1\.name: another generic source is called 'a'/,
    ],
    [
      'take names that fit a path',
      { generic: [{ ...check, name: '../x' }] },
      /^webhook\.sources\.generic\.0\.name: expected small letters, digits and dashes$/,
    ],
    [
      'take no header that is none',
      { datadog: { auth: { type: 'header', name: 'X Token', values: ['v'] } } },
      /^webhook\.sources\.datadog\.auth\.name: expected a header's name/,
    ],
    ['know no other source', { nagios: {} }, /^webhook\.sources: /],
  ];
  for (const [what, sources, fault] of table) {
    it(what, () => {
      const faults = faultsOf(sources);
      if (fault === null) assert.deepEqual(faults, []);
      else assert.match(faults.join('\n'), fault);
    });
  }
});
