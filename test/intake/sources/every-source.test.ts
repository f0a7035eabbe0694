import assert from 'node:assert/strict';
import fc from 'fast-check';
import { anomaly as anomalySchema, type Anomaly } from '../../../model/anomaly.js';
import { intakeRigs, NOW } from '../../support/intake-rig.js';
import {
  SECRET,
  SECRET_BEFORE,
  sendNow,
  sourcesOf,
  SPECS,
  type SourceSpec,
} from '../../support/source-specs.js';

/** What must hold of every source, whatever it sends. */
describe('every source', () => {
  const rig = intakeRigs();
  const open = (spec: SourceSpec) => rig({ sources: spec.settings }, sourcesOf(spec));

  async function taken(spec: SourceSpec, body: string): Promise<Anomaly[]> {
    const { post, raised } = await open(spec);
    const sent = sendNow(spec, body);
    assert.equal((await post(spec.path, sent.body, sent.headers)).status, 202);
    return raised;
  }

  for (const spec of SPECS) {
    describe(spec.name, () => {
      it('is taken, in our terms', async () => {
        const anomalies = await taken(spec, spec.firing);
        assert.ok(anomalies.length > 0);
        for (const one of anomalies) anomalySchema.parse(one);
        const [first] = anomalies;
        assert.equal(first?.status, 'firing');
        assert.equal(first.endedAt, null);
      });

      it('has one fingerprint and one episode from the first post to the last', async () => {
        const [first] = await taken(spec, spec.firing);
        const [again] = await taken(spec, spec.repeat ?? spec.firing);
        const [over] = await taken(spec, spec.resolved);
        assert.ok(first && again && over);
        assert.equal(again.fingerprint, first.fingerprint);
        assert.equal(over.fingerprint, first.fingerprint);
        assert.equal(over.group, first.environment === over.environment ? first.group : over.group);
        assert.equal(over.status, 'resolved');
        assert.ok(over.endedAt !== null && over.endedAt <= NOW && over.endedAt >= over.startedAt);
        assert.equal(over.startUnknown, first.startUnknown);
        if (!first.startUnknown) {
          assert.equal(again.startedAt, first.startedAt);
          assert.equal(over.startedAt, first.startedAt);
        }
      });

      it('may send what nobody knows yet', async () => {
        const { addsAfter: place = '{' } = spec;
        const more = spec.firing.replace(place, `${place}"something_new": {"deep": [1]},`);
        assert.deepEqual(await taken(spec, more), await taken(spec, spec.firing));
      });

      it('is refused with a wrong secret, and raises nothing', async () => {
        const { post, raised } = await open(spec);
        for (const secret of ['another secret', SECRET.slice(0, -1), `x${SECRET}`, '']) {
          const { body, headers } = spec.send(spec.firing, secret, NOW);
          assert.equal((await post(spec.path, body, headers)).status, 401, secret);
        }
        assert.deepEqual(raised, []);
      });

      it('is refused without any proof', async () => {
        const { post, raised } = await open(spec);
        const answer = await post(spec.path, spec.firing);
        // An alarm outside of an SNS envelope carries nothing that could be verified: it is malformed.
        assert.equal(answer.status, spec.name === 'SNS' ? 400 : 401);
        assert.deepEqual(raised, []);
      });

      it('is refused when a single byte was changed on the way', async () => {
        if (!spec.isTimed) return;
        const { post, raised } = await open(spec);
        const { body, headers } = sendNow(spec, spec.firing);
        const at = body.indexOf('heckout') > 0 ? body.indexOf('heckout') : body.indexOf('blog');
        const changed = `${body.slice(0, at)}X${body.slice(at + 1)}`;
        assert.equal((await post(spec.path, changed, headers)).status, 401);
        assert.deepEqual(raised, []);
      });

      it('may still use the secret before while it changes', async () => {
        const { post } = await open(spec);
        const { body, headers } = spec.send(spec.firing, SECRET_BEFORE, NOW);
        assert.equal((await post(spec.path, body, headers)).status, 202);
      });

      it('is refused when it is old, or of a clock ahead', async () => {
        if (!spec.isTimed) return;
        const { post, raised } = await open(spec);
        for (const time of [NOW - 3700, NOW + 3700]) {
          const { body, headers } = spec.send(spec.firing, SECRET, time);
          const answer = await post(spec.path, body, headers);
          assert.equal(answer.status, 401);
          assert.match(answer.detail, /from now: a replay, or the clocks differ/);
        }
        assert.deepEqual(raised, []);
      });

      it('is told 200 when there is nothing to act on', async () => {
        const { post, raised } = await open(spec);
        for (const ignored of spec.ignored) {
          const { body, headers } = sendNow(spec, ignored);
          assert.equal((await post(spec.path, body, headers)).status, 200, body);
        }
        assert.deepEqual(raised, []);
      });

      it('cannot break the receiver with what it sends', async () => {
        const { post, raised } = await open(spec);
        await fc.assert(
          fc.asyncProperty(fc.constantFrom(spec.firing, spec.resolved).chain(hostile), async (text) => {
            const { body, headers } = sendNow(spec, text);
            const { status } = await post(spec.path, body, headers);
            // 401 where the damage hit what the signature is proved by.
            assert.ok([200, 202, 400, 401].includes(status), `${status} for ${body}`);
          }),
          { numRuns: 150 },
        );
        for (const one of raised) anomalySchema.parse(one);
        assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      });

      it('raises nothing whatever an unknown sender sends', async () => {
        const { post, raised } = await open(spec);
        await fc.assert(
          fc.asyncProperty(fc.constant(spec.firing).chain(hostile), fc.string(), async (text, secret) => {
            fc.pre(secret !== SECRET && secret !== SECRET_BEFORE);
            const { body, headers } = spec.send(text, secret.replace(/[^ -~]/g, '?'), NOW);
            const { status } = await post(spec.path, body, headers);
            assert.ok(status === 401 || status === 400, `${status} for ${body}`);
          }),
          { numRuns: 100 },
        );
        assert.deepEqual(raised, []);
      });
    });
  }
});

const STRANGE: unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  ' ',
  '__proto__',
  '\ud800',
  '\u0000',
  'x'.repeat(5_000),
  '9999-12-31T23:59:59Z',
  '0001-01-01T00:00:00Z',
  [],
  [[[]]],
  {},
  { length: 1e9 },
  { toString: 'no' },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
];

/** A genuine body that was damaged: a value replaced by another kind, bytes changed, nested without end, or no JSON at all. */
function hostile(genuine: string): fc.Arbitrary<string> {
  const paths = pathsIn(JSON.parse(genuine));
  const replaced = fc
    .tuple(fc.constantFrom(...paths), fc.oneof(fc.constantFrom(...STRANGE), fc.jsonValue()))
    .map(([path, value]) => JSON.stringify(replaceAt(JSON.parse(genuine), path, value)));
  const damaged = fc
    .tuple(fc.nat(genuine.length), fc.nat(30), fc.string({ unit: 'binary', maxLength: 20 }))
    .map(([at, removed, added]) => genuine.slice(0, at) + added + genuine.slice(at + removed));
  const nested = fc
    .tuple(fc.constantFrom(...paths), fc.integer({ min: 50, max: 3_000 }))
    .map(([path, depth]) =>
      JSON.stringify(replaceAt(JSON.parse(genuine), path, 'HERE')).replace(
        '"HERE"',
        '{"a":['.repeat(depth) + ']}'.repeat(depth),
      ),
    );
  const proto = fc
    .constantFrom(...[...genuine.matchAll(/\{/g)].map(({ index }) => index))
    .map((at) => `${genuine.slice(0, at)}{"__proto__":{"polluted":true},${genuine.slice(at + 1)}`);
  return fc.oneof(
    { weight: 5, arbitrary: replaced },
    { weight: 3, arbitrary: damaged },
    { weight: 1, arbitrary: nested },
    { weight: 1, arbitrary: proto },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
}

type Path = (string | number)[];

function pathsIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const children = Object.entries(value).flatMap(([key, child]) =>
    pathsIn(child, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return [at, ...children];
}

function replaceAt(value: unknown, [key, ...rest]: Path, replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaceAt(copy[key], rest, replacement);
  return copy;
}
