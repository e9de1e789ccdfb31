import { X509Certificate } from 'node:crypto';
import { QueryBus } from '@nestjs/cqrs';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { newId } from '../../src/kernel/ids/ids';
import { SaveApplePayCommand, StartApplePaySessionCommand } from '../../src/money/payments/commands/apple-pay';
import { AssociationFileQuery, FindApplePayQuery } from '../../src/money/payments/queries/apple-pay';
import { ApplePayDouble, selfSigned } from '../doubles/apple-pay-double';
import { asTenant } from '../support/app';
import { PaymentDesk } from '../support/payment-desk';

describe('Apple Pay', () => {
  const apple = new ApplePayDouble();
  const merchant = selfSigned('Apple Pay Merchant Identity:merchant.org.example');
  const SHOP = 'shop.example.org';
  let desk: PaymentDesk;

  beforeAll(async () => {
    const base = await apple.listen();
    apple.merchants.set(new X509Certificate(merchant.cert).fingerprint256, 'merchant.org.example');
    desk = await PaymentDesk.start(
      {
        APPLE_PAY_API_BASE: base,
        APPLE_PAY_CA: apple.identity.cert,
        MAINSTAY_CORS_ORIGINS: `https://${SHOP}`,
      },
      [OrganizationsModule],
    );
  }, 120_000);

  afterAll(async () => {
    await desk.app.close();
    await apple.close();
  });

  const save = (changes: SaveApplePayCommand['changes'], expected: number | null = null) =>
    desk.here(() => desk.commands.execute(new SaveApplePayCommand(changes, expected)));
  const start = (domain = SHOP, validationUrl = `${apple.url}/paymentservices/startSession`) =>
    desk.here(() => desk.commands.execute(new StartApplePaySessionCommand({ validationUrl, domain })));
  const shown = () => desk.here(() => desk.app.get(QueryBus).execute(new FindApplePayQuery()));
  const identity = (over: object = {}) => ({
    merchantIdentifier: 'merchant.org.example',
    displayName: 'Example',
    certificate: merchant.cert,
    privateKey: merchant.key,
    ...over,
  });

  it('keeps the identity sealed, tells apart what cannot be used, and serves the file', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'payments.apple-pay-not-set-up' });
    const other = selfSigned('another');
    const cases: [object, string][] = [
      [{ certificate: 'x' }, '/merchant/certificate'],
      [{ privateKey: 'x' }, '/merchant/privateKey'],
      [{ privateKey: other.key }, '/merchant/privateKey'],
    ];
    for (const [over, pointer] of cases) {
      const refusal = await save({ identity: identity(over) }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: 'payments.apple-pay-certificate-invalid',
        data: { errors: [{ pointer }] },
      });
    }
    await save({ association: 'file-of-apple' });
    await save({ identity: identity() }, 1);
    await expect(save({ association: null }, 1)).rejects.toMatchObject({ code: 'payments.apple-pay-changed' });
    expect(await shown()).toMatchObject({
      version: 2,
      association: true,
      merchant: { merchantIdentifier: 'merchant.org.example', displayName: 'Example' },
    });
    const [row] = await desk.rows<{ sealed_key: string }>('select * from payments.apple_pay');
    expect(JSON.stringify(row)).not.toContain('PRIVATE KEY');
    const file = () => desk.app.get(QueryBus).execute(new AssociationFileQuery());
    expect(await desk.here(file)).toBe('file-of-apple');
    for (const tenant of [newId(), null])
      await expect(asTenant(tenant as never, file)).rejects.toMatchObject({ code: 'payments.association-not-found' });
  });

  it('gets a session by mutual TLS for pages of the shop alone, and from nobody but Apple', async () => {
    expect(await start()).toMatchObject({ merchantSessionIdentifier: 'SSH1', domainName: SHOP });
    expect(apple.asked.at(-1)).toEqual({
      merchantIdentifier: 'merchant.org.example',
      displayName: 'Example',
      initiative: 'web',
      initiativeContext: SHOP,
    });
    const before = apple.asked.length;
    await expect(start('evil.example')).rejects.toMatchObject({ code: 'payments.domain-not-ours' });
    for (const url of ['https://169.254.169.254/paymentservices/startSession', `${apple.url}/other`])
      await expect(start(SHOP, url)).rejects.toMatchObject({ code: 'payments.validation-url-refused' });
    expect(apple.asked).toHaveLength(before);
    for (const [answer, code] of [
      ['redirect', 'payments.apple-pay-refused'],
      ['nonsense', 'payments.apple-pay-refused'],
      ['endless', 'payments.gateway-silent'],
    ] as const) {
      apple.answer = answer;
      await expect(start()).rejects.toMatchObject({ code });
    }
    apple.answer = 'session';
    const stranger = selfSigned('stranger');
    await save({ identity: identity({ certificate: stranger.cert, privateKey: stranger.key }) });
    await expect(start()).rejects.toMatchObject({ code: 'payments.apple-pay-refused' });
  });
});
