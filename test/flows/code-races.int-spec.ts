import { IdentityModule } from '../../src/access/identity/identity.module';
import { raceCodes } from '../scenarios/code-races';

describe('the same code, fifty times at once', () => {
  it('is accepted once', async () => {
    expect(await raceCodes(IdentityModule)).toEqual({ totp: 1, backupCode: 1 });
  });
});
