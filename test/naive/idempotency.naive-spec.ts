import { asTenant, testApp, type TestApp } from '../support/app';
import { newId } from '../../src/kernel/ids/ids';
import { Database } from '../../src/kernel/database/database';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';

/** The naive way: look the key up, do the work, note the key afterwards in a transaction of its own. */
async function naivePost(app: TestApp, tenant: string, key: string): Promise<void> {
  await asTenant(tenant, async () => {
    const [known] = await app
      .get(Database)
      .read('select 1 as one from kernel.idempotency_keys where tenant_id = $1 and id = $2', [tenant, key]);
    if (known) return;
    const uow = app.get(UnitOfWork);
    await uow.run((tx) =>
      tx.execute(
        `insert into kernel.events (tenant_id, id, type, aggregate_id, payload, at) values ($1, $2, 'naive.effect.v1', 'x', '{}', kernel.now())`,
        [tenant, newId()],
      ),
    );
    await uow.run((tx) =>
      tx.execute(
        `insert into kernel.idempotency_keys (tenant_id, id, body_hash, state, status, body, created_at) values ($1, $2, 'h', 'done', 201, '{}', kernel.now()) on conflict do nothing`,
        [tenant, key],
      ),
    );
  });
}

describe('50 parallel posts with one key', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await testApp([])));
  afterAll(() => app.close());

  it('have one effect', async () => {
    const tenant = newId();
    const key = newId();
    await Promise.all(Array.from({ length: 50 }, () => naivePost(app, tenant, key)));
    const effects = await app
      .get(Database)
      .readAs(tenant, 'select 1 as one from kernel.events where tenant_id = $1', [tenant]);
    expect({ effects: effects.length }).toEqual({ effects: 1 });
  });
});
