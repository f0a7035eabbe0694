import assert from 'node:assert/strict';
import { AmbiguousId, BadInput, IncidentNotFound } from '../../client/errors.js';
import { isWholeId, pickId, wholeId } from '../../client/incident-ids.js';

const CHECKOUT = 'incident/checkout/20261124-1042-9f3c2e';
const CART = 'incident/cart/20261124-1042-0a1b2c';
const CART_LATER = 'incident/cart/20261125-0800-77d0e1';
const ALL = [CHECKOUT, CART, CART_LATER];

describe('a part of an incident id', () => {
  for (const part of [CHECKOUT, 'checkout', 'incident/ch', 'checkout/20261124', '9f3c2e', '1042-9f3c2e']) {
    it(`finds the one incident that "${part}" fits`, () => assert.equal(pickId(part, ALL), CHECKOUT));
  }

  it('takes several runs of one id as one incident', () => {
    assert.equal(pickId('9f3c2e', [CHECKOUT, CHECKOUT]), CHECKOUT);
  });

  it('prefers the incident that is named in full', () => {
    const longer = `${CHECKOUT}0`;
    assert.equal(pickId(CHECKOUT, [longer, CHECKOUT]), CHECKOUT);
    assert.equal(pickId('checkout/20261124-1042-9f3c2e', [longer, CHECKOUT]), CHECKOUT);
  });

  it('names the candidates when it fits several', () => {
    assert.throws(
      () => pickId('cart', ALL),
      (error: unknown) =>
        error instanceof AmbiguousId && error.message.includes(CART) && error.message.includes(CART_LATER),
    );
    const many = Array.from({ length: 9 }, (_, i) => `incident/cart/20261124-1042-00000${i}`);
    assert.throws(() => pickId('cart', many), /fits 9 incidents: .* and 4 more/);
  });

  it('says when there is none, and never looks into the middle', () => {
    assert.throws(() => pickId('20261124', ALL), IncidentNotFound);
    assert.throws(() => pickId('x', []), /no incident "x"; `faultline list`/);
  });

  it('knows a whole id, which alone will do for what cannot be undone', () => {
    assert.equal(wholeId(CHECKOUT), CHECKOUT);
    assert.equal(wholeId('checkout/20261124-1042-9f3c2e'), CHECKOUT);
    assert.throws(() => wholeId('9f3c2e'), BadInput);
    assert.equal(isWholeId(CHECKOUT), true);
    assert.equal(isWholeId('incident/checkout'), false);
    assert.equal(isWholeId('triage/production'), false);
  });
});
