import { newId } from '../ids/ids';
import { Database } from '../database/database';
import { UnitOfWork } from '../database/unit-of-work';
import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { testDatabase } from '../../../test/support/cluster';
import { Envelope } from './envelope';
import { Keyring } from './keyring';
import { keyIdOf, SealError } from './sealed';

describe('envelope encryption', () => {
  let app: TestApp;
  const place = (tenantId: string) => ({ tenantId, table: 'x.people', column: 'email', rowId: newId() });
  const over = (...masterKeys: string[]) =>
    new Envelope(app.get(Database), app.get(UnitOfWork), new Keyring(masterKeys));
  const keysOf = (tenantId: string) =>
    app
      .get(Database)
      .readAs<{ sealed: string; version: number }>(
        tenantId,
        'select sealed, version from kernel.data_keys order by version',
      );

  beforeAll(async () => (app = await testApp([])));
  afterAll(() => app.close());

  it('seals under a key of the tenant that every process opens', async () => {
    const tenant = newId();
    const at = place(tenant);
    await asTenant(tenant, async () => {
      const sealed = await app.get(Envelope).seal(at, 'ann@example.org');
      expect(sealed).toMatch(/^v1\.1\./);
      expect(sealed).not.toContain('ann');
      expect(await app.get(Envelope).open(at, sealed)).toBe('ann@example.org');
      await expect(app.get(Envelope).open({ ...at, rowId: newId() }, sealed)).rejects.toThrow(SealError);
      await expect(app.get(Envelope).open({ ...at, tenantId: newId() }, sealed)).rejects.toThrow(SealError);
      await expect(app.get(Envelope).open(at, sealed.replace('v1.1.', 'v1.9.'))).rejects.toThrow(SealError);
    });
  });

  it('makes one key when many ask for the first one at once', async () => {
    const tenant = newId();
    const at = place(tenant);
    await asTenant(tenant, async () => {
      const processes = Array.from({ length: 8 }, () => over('a master key'));
      const sealed = await Promise.all(processes.map((one) => one.seal(at, 'x')));
      expect(await keysOf(tenant)).toHaveLength(1);
      for (const text of sealed) expect(await over('a master key').open(at, text)).toBe('x');
    });
  });

  it('a key that was rolled back seals nothing afterwards', async () => {
    const tenant = newId();
    const at = place(tenant);
    const envelope = over('a master key');
    await asTenant(tenant, async () => {
      await expect(
        app.get(UnitOfWork).run(async () => {
          const sealed = await envelope.seal(at, 'x');
          expect(await envelope.open(at, sealed)).toBe('x');
          throw new Error('rolled back');
        }),
      ).rejects.toThrow('rolled back');
      expect(await keysOf(tenant)).toHaveLength(0);
      const sealed = await envelope.seal(at, 'y');
      expect(await over('a master key').open(at, sealed)).toBe('y');
    });
  });

  it('rotates data keys: new values under the new one, old values open', async () => {
    const tenant = newId();
    const at = place(tenant);
    const envelope = over('a master key');
    await asTenant(tenant, async () => {
      const old = await envelope.seal(at, 'old');
      expect(await envelope.rotate(tenant)).toBe(2);
      const next = await envelope.seal(at, 'new');
      expect([keyIdOf(old), keyIdOf(next)]).toEqual(['1', '2']);
      expect([await envelope.open(at, old), await envelope.open(at, next)]).toEqual(['old', 'new']);
    });
  });

  it('a change of the master key re-seals data keys only', async () => {
    const own = await testApp([], { database: await testDatabase({ fresh: true }) });
    const withKeys = (...masterKeys: string[]) =>
      new Envelope(own.get(Database), own.get(UnitOfWork), new Keyring(masterKeys));
    try {
      const places = [place(newId()), place(newId())];
      const sealed: string[] = [];
      for (const at of places)
        await asTenant(at.tenantId, async () => {
          sealed.push(await withKeys('first').seal(at, 'kept'));
          await withKeys('first').rotate(at.tenantId);
          await expect(withKeys('second').open(at, sealed.at(-1)!)).rejects.toThrow(SealError);
        });
      const both = withKeys('second', 'first');
      expect([await both.reseal(), await both.reseal()]).toEqual([4, 0]);
      for (const [index, at] of places.entries())
        await asTenant(at.tenantId, async () => {
          expect(await withKeys('second').open(at, sealed[index])).toBe('kept');
          expect(keyIdOf(await withKeys('second').seal(at, 'new'))).toBe('2');
          await expect(withKeys('first').open(at, sealed[index])).rejects.toThrow(SealError);
        });
    } finally {
      await own.close();
    }
  });
});
