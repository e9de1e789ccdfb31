import { newId } from '../../src/kernel/ids/ids';
import { PayPalClients } from '../../src/money/payments/adapters/paypal/paypal-client';
import { PayPalDouble } from '../doubles/paypal-double';

const UNIT = { amount: { currency_code: 'EUR', value: '10.00' }, custom_id: 'a' };
const ORDER = { intent: 'CAPTURE', purchase_units: [UNIT] };

interface Answer {
  status: number;
  body: { id?: string; name?: string; details?: { issue: string }[] };
}

describe('the double of PayPal', () => {
  let double: PayPalDouble;
  beforeEach(async () => {
    double = new PayPalDouble();
    await double.listen();
  });
  afterEach(() => double.close());

  const post = async (path: string, body: unknown, key = newId()): Promise<Answer> => {
    const answer = await fetch(double.url + path, {
      method: 'POST',
      headers: {
        authorization: 'Bearer A21.double',
        'content-type': 'application/json',
        'paypal-request-id': key,
      },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
  const issueOf = ({ status, body }: Answer) => [status, body.name, body.details?.[0].issue];

  it.each([
    ['an unknown member', '/v2/checkout/orders', { ...ORDER, colour: 'red' }],
    ['an unknown member further in', '/v2/checkout/orders', { ...ORDER, purchase_units: [{ ...UNIT, colour: 'red' }] }],
    [
      'a number for a text',
      '/v2/checkout/orders',
      {
        ...ORDER,
        purchase_units: [{ amount: { currency_code: 'EUR', value: 10 } }],
      },
    ],
    ['a word that is none', '/v2/checkout/orders', { ...ORDER, intent: 'LATER' }],
    ['nothing where something must be', '/v2/checkout/orders', { intent: 'CAPTURE' }],
    ['too long a text', '/v2/checkout/orders', { ...ORDER, purchase_units: [{ ...UNIT, custom_id: 'x'.repeat(256) }] }],
    [
      'a currency in small letters',
      '/v2/payments/captures/X/refund',
      { amount: { currency_code: 'eur', value: '1.00' } },
    ],
    ['a text for a truth', '/v2/payments/authorizations/X/capture', { final_capture: 'yes' }],
    ['a note of nothing', '/v1/customer/disputes/X/accept-claim', {}],
    ['a member of another operation', '/v2/payments/authorizations/X/void', { amount: UNIT.amount }],
  ])('refuses %s', async (_what, path, body) => {
    expect(issueOf(await post(path, body))).toEqual([400, 'INVALID_REQUEST', 'INVALID_PARAMETER_SYNTAX']);
    expect(double.refused).toHaveLength(1);
    expect(double.orders.size).toBe(0);
  });

  it('knows only its own tokens, and nothing of what it was never told', async () => {
    const stranger = await fetch(`${double.url}/v2/checkout/orders`, { method: 'POST', body: '{}' });
    expect(stranger.status).toBe(401);
    expect(issueOf(await post('/v2/checkout/orders/X/capture', {}))).toEqual([
      404,
      'RESOURCE_NOT_FOUND',
      'INVALID_RESOURCE_ID',
    ]);
    expect((await post('/v2/checkout/drafts', {})).status).toBe(404);
  });

  it('says the same to the same request again, and refuses another under its id', async () => {
    const key = newId();
    const first = await post('/v2/checkout/orders', ORDER, key);
    expect(first.status).toBe(201);
    expect(await post('/v2/checkout/orders', ORDER, key)).toEqual(first);
    const other = { ...ORDER, purchase_units: [{ ...UNIT, custom_id: 'b' }] };
    expect(issueOf(await post('/v2/checkout/orders', other, key))).toEqual([
      422,
      'UNPROCESSABLE_ENTITY',
      'DUPLICATE_REQUEST_ID',
    ]);
    expect(double.orders.size).toBe(1);
    // The id is the operation's own.
    double.find(first.body.id!).status = 'APPROVED';
    expect((await post(`/v2/checkout/orders/${first.body.id}/capture`, {}, key)).status).toBe(201);
  });

  it('is answered to by the classes of PayPal’s own client', async () => {
    const secrets = { webhook: [], credentials: { clientId: 'c', clientSecret: 's' } };
    const account = { id: newId(), tenantId: newId(), provider: 'paypal', secrets, testMode: true };
    const { orders } = await new PayPalClients(double.url, 5_000).of(account as never);
    const create = (value: string, paypalRequestId: string) =>
      orders.createOrder({
        paypalRequestId,
        body: { intent: 'CAPTURE', purchaseUnits: [{ amount: { currencyCode: 'EUR', value } }] } as never,
      });
    const key = newId();
    const one = await create('10.00', key);
    expect((await create('10.00', key)).result.id).toBe(one.result.id);
    await expect(create('11.00', key)).rejects.toMatchObject({
      statusCode: 422,
      result: { details: [{ issue: 'DUPLICATE_REQUEST_ID' }] },
    });
    await expect(create('ten', newId())).rejects.toMatchObject({ statusCode: 400 });
    double.failNext = { path: /orders$/, how: 'error' };
    await expect(create('12.00', newId())).rejects.toMatchObject({ statusCode: 500 });
    expect(double.orders.size).toBe(1);
  });

  it('answers 500 and does nothing, or does it and is not heard: the same request again is done once', async () => {
    const { body } = await post('/v2/checkout/orders', ORDER);
    const capture = `/v2/checkout/orders/${body.id}/capture`;
    const captures = () => double.find(body.id!).purchase_units[0].payments.captures.length;
    double.find(body.id!).status = 'APPROVED';
    const key = newId();
    double.failNext = { path: /capture$/, how: 'error' };
    expect(issueOf(await post(capture, {}, key))).toEqual([500, 'INTERNAL_SERVER_ERROR', 'INTERNAL_SERVER_ERROR']);
    expect(captures()).toBe(0);
    double.failNext = { path: /capture$/, how: 'lost' };
    await expect(post(capture, {}, key)).rejects.toThrow('fetch failed');
    expect(captures()).toBe(1);
    expect(await post(capture, {}, key)).toMatchObject({ status: 201, body: { id: body.id, status: 'COMPLETED' } });
    expect(captures()).toBe(1);
    expect(issueOf(await post(capture, {}))).toEqual([422, 'UNPROCESSABLE_ENTITY', 'ORDER_ALREADY_CAPTURED']);
  });
});
