import assert from 'node:assert/strict';
import { parseEstate, readEstates } from '../../bench/estates/estate.js';
import { examineEstate, type Examined } from '../../bench/estates/examine.js';
import { needs } from '../support/needs.js';

/** Every kind of monitoring that is there as a file, each in a real Prometheus of its own. */
const ESTATES = await readEstates();

const SIGNALS = ['latency', 'errors', 'traffic'] as const;

/** What is wrong with what was found of an estate. */
function missing({ estate, services, signals, calls, seriesIds }: Examined): string[] {
  const measured = estate.services.filter((service) => !estate.unmeasured.includes(service));
  const lacks = (what: string, found: readonly string[], expected: readonly string[]): string[] =>
    expected.filter((one) => !found.includes(one)).map((one) => `no ${what} ${one}`);
  const strangers = services.filter((service) => !estate.services.includes(service));
  return [
    ...lacks('service', services, estate.services),
    ...strangers.map((service) => `a service that is none: ${service}`),
    ...SIGNALS.filter((signal) => estate.reads.includes(signal)).flatMap((signal) =>
      lacks(`${signal} of`, signals[signal], measured),
    ),
    ...SIGNALS.filter((signal) => !estate.reads.includes(signal)).flatMap((signal) =>
      signals[signal]
        .filter((service) => measured.includes(service))
        .map((service) => `${signal} of ${service} that is not told`),
    ),
    ...lacks('series', seriesIds, estate.seriesIds),
    ...lacks('call', calls, estate.calls),
    ...calls.filter((call) => !estate.calls.includes(call)).map((call) => `a call that is none: ${call}`),
  ];
}

/** What the culprit's last minutes are, as bench/estates/play.ts writes them; noise may move them by a tenth. */
const TRUE_LEVELS = { latency: 0.825, errors: 0.3, traffic: 12 };

function wrongLevels({ levels, estate }: Examined): string[] {
  return SIGNALS.filter((signal) => estate.reads.includes(signal)).flatMap((signal) => {
    const isNear = Math.abs((levels[signal] ?? NaN) / TRUE_LEVELS[signal] - 1) < 0.1;
    return isNear ? [] : [`${signal} is ${levels[signal]}, expected about ${TRUE_LEVELS[signal]}`];
  });
}

describe('estates', function () {
  this.timeout(120_000);

  before(function () {
    needs(this, 'prometheus');
  });

  for (const estate of ESTATES) {
    it(`are read: ${estate.about}`, async () => {
      const examined = await examineEstate(estate);
      assert.deepEqual(missing(examined), []);
      assert.deepEqual(examined.notAlone, [], 'queries that do not give their one series again');
      if (!estate.series.every(({ role }) => role === 'once')) assert.deepEqual(wrongLevels(examined), []);
      // Without a known call nothing tells whose fault three slow services are.
      if (estate.calls.length > 0) assert.equal(examined.diagnosis.suspects[0]?.service, estate.culprit);
      else assert.ok(isSaidUnknown(examined), 'nothing says that no call is known');
    });
  }

  it('are there', () => assert.ok(ESTATES.length >= 42));

  it('are refused with the line that cannot be read', () => {
    assert.throws(
      () => parseEstate('one', '# about\nserved histogram http{job="$service"}'),
      /one\.txt: cannot read the line/,
    );
  });
});

function isSaidUnknown({ gaps }: Examined): boolean {
  return gaps.some(({ what }) => what === 'who calls whom');
}
