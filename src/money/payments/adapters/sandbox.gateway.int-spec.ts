import { Client } from 'pg';
import { PaymentDesk } from '../../../../test/support/payment-desk';

describe('the sandbox', () => {
  let desk: PaymentDesk;
  beforeAll(async () => {
    desk = await PaymentDesk.start();
  });
  afterAll(() => desk?.app.close());
  beforeEach(() => desk.open());

  it('is waited for as long as any provider: its answer of a busy machine is one', async () => {
    const opened = await desk.begin({ type: 'sandbox', token: 'success' });
    const admin = new Client({ connectionString: desk.app.database.superuserUrl });
    await admin.connect();
    try {
      await admin.query('begin; lock table sandbox.payments');
      const slow = admin.query('select pg_sleep(2.2); commit');
      const [outcome] = await Promise.all([desk.contact(opened), slow]);
      expect(outcome).toMatchObject({ status: 'charged' });
    } finally {
      await admin.end();
    }
  });
});
