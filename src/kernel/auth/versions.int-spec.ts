import { asTenant, testApp, type TestApp } from '../../../test/support/app';
import { PLATFORM_TENANT } from '../context/request-context';
import { Database } from '../database/database';
import { UnitOfWork } from '../database/unit-of-work';
import { newId } from '../ids/ids';
import { AuthVersions, type VersionRow } from './versions';

describe('versions of sessions and policies', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await testApp([]);
  });
  afterAll(() => app.close());

  it('are not remembered from a read that a revocation overtook', async () => {
    const database = app.get(Database);
    let answered!: () => void;
    let goOn!: () => void;
    const read = new Promise<void>((resolve) => (answered = resolve));
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    // The real door, whose answer is on its way while the revocation commits.
    const slow = Object.create(database, {
      readPlatform: {
        value: async (text: string, params: unknown[]) => {
          const rows = await database.readPlatform<VersionRow>(text, params);
          answered();
          await gate;
          return rows;
        },
      },
    }) as Database;
    const versions = new AuthVersions(slow);
    const session = newId();
    const before = versions.current([session]);
    await read;
    await asTenant(PLATFORM_TENANT, () => app.get(UnitOfWork).run((tx) => versions.bump(tx, session)));
    goOn();
    expect((await before).get(session)).toBe(0);
    expect(versions.known(session)).toBeUndefined();
    expect((await versions.current([session])).get(session)).toBe(1);
  });
});
