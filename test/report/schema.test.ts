import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { recordSchema } from '../../tools/record-schema.js';
import { SAMPLES } from '../support/records.js';

const FILE = new URL('../../docs/schema/incident-record.v1.json', import.meta.url);

describe('the published schema of the record', () => {
  let validate: ValidateFunction;

  before(async () => {
    const schema = JSON.parse(await readFile(FILE, 'utf8')) as object;
    validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  });

  it('is what the model says today (npm run schema writes it anew)', async () => {
    assert.equal(await readFile(FILE, 'utf8'), recordSchema());
  });

  for (const [name, sample] of Object.entries(SAMPLES)) {
    it(`takes the record of ${name} after a journey through JSON`, () => {
      validate(JSON.parse(JSON.stringify(sample())));
      assert.deepEqual(validate.errors ?? [], []);
    });
  }

  it('takes fields that a later version adds, so that old readers stay', () => {
    assert.ok(
      validate({ ...SAMPLES['suspected pool saturation'](), addedLater: 1 }),
      'an unknown field was refused',
    );
  });

  it('refuses a record of another schema version, and a confidence above one', () => {
    const record = SAMPLES['suspected pool saturation']();
    assert.equal(validate({ ...record, schemaVersion: '2' }), false);
    record.diagnosis!.verdict.confidence = 1.2;
    assert.equal(validate(record), false);
    assert.equal(validate.errors?.[0]?.instancePath, '/diagnosis/verdict/confidence');
  });
});
