import { ChangeSecurityPolicyCommand } from '../../src/access/identity/commands/change-security-policy';
import { SetAccountStatusCommand } from '../../src/access/identity/commands/operate-accounts';
import { ResetPasswordCommand } from '../../src/access/identity/commands/reset-password';
import { SecurityPolicyRepository } from '../../src/access/identity/data/security-policy.repository';
import { GUEST } from '../../src/kernel/auth/principal';
import type { AppError } from '../../src/kernel/errors/app-error';
import { clock } from '../../src/kernel/clock/clock';
import { Database } from '../../src/kernel/database/database';
import { newId } from '../../src/kernel/ids/ids';
import { identityApp, type IdentityApp, type SignedIn } from '../support/identity';
import { PASSWORD } from '../support/shop';

const PCI_PASSWORD = 'nine grey herons 1843';

describe('an organization under PCI DSS', () => {
  let id: IdentityApp;
  let email: string;
  let userId: string;
  beforeAll(async () => {
    id = await identityApp();
    ({ email, userId } = await id.owner());
    const tokens = await id.logIn(email);
    const principal = await id.principalOf(tokens);
    await id.as(() => id.commands.execute(new ChangeSecurityPolicyCommand({ password: { profile: 'pci' } })), {
      principal,
      tenantId: principal.tenantId,
    });
  });
  afterAll(() => id.close());
  afterEach(() => clock.setOffset(0));

  const refusal = async (password: string): Promise<AppError & { data: { changeToken?: string } }> =>
    id.logIn(email, password).then(
      () => {
        throw new Error('signed in');
      },
      (error: unknown) => error as AppError,
    );
  const reset = (token: string, password: string): Promise<void> =>
    id.as(() => id.commands.execute(new ResetPasswordCommand({ token, password })));

  it('has a password without digits changed before it signs in, once it was proven', async () => {
    expect(await refusal('not the password')).toMatchObject({ code: 'identity.invalid-credentials' });
    const asked = await refusal(PASSWORD);
    expect(asked).toMatchObject({ code: 'identity.password-change-required', kind: 'forbidden' });
    await expect(reset(asked.data.changeToken!, 'nine grey herons on a roof')).rejects.toThrow('password-refused');
    await reset(asked.data.changeToken!, PCI_PASSWORD);
    const tokens: SignedIn = await id.logIn(email, PCI_PASSWORD);
    expect(tokens.user.email).toBe(email);
  });

  it('has it changed again after ninety days, within ten minutes of proof', async () => {
    clock.setOffset(89 * 86_400);
    expect((await id.logIn(email, PCI_PASSWORD)).user.email).toBe(email);
    clock.setOffset(91 * 86_400);
    const asked = await refusal(PCI_PASSWORD);
    expect(asked.detail).toMatch(/90 days/);
    clock.setOffset(91 * 86_400 + 601);
    await expect(reset(asked.data.changeToken!, 'three slow trains 77')).rejects.toThrow('identity.link-spent');
  });

  it('waits half an hour after ten failures', async () => {
    await id.logIn(email, PCI_PASSWORD);
    let at = 0;
    for (let failure = 1; failure <= 10; failure++) {
      clock.setOffset(at);
      await expect(id.logIn(email, 'a wrong guess')).rejects.toThrow('identity.invalid-credentials');
      at += 1_000;
    }
    const last = at - 1_000;
    clock.setOffset(last + 1_790);
    await expect(id.logIn(email, PCI_PASSWORD)).rejects.toThrow('identity.invalid-credentials');
    clock.setOffset(last + 1_810);
    expect((await id.logIn(email, PCI_PASSWORD)).user.email).toBe(email);
  });

  it('has accounts that operators disable and enable', async () => {
    const principal = { ...GUEST, kind: 'operator' as const, userId: newId() };
    const set = (status: 'active' | 'disabled') =>
      id.as(() => id.commands.execute(new SetAccountStatusCommand(userId, status)), { principal });
    const tokens = await id.logIn(email, PCI_PASSWORD);
    await set('disabled');
    await expect(id.principalOf(tokens)).rejects.toThrow('identity.session-ended');
    expect(await refusal(PCI_PASSWORD)).toMatchObject({ code: 'identity.invalid-credentials' });
    await set('active');
    expect((await id.logIn(email, PCI_PASSWORD)).user.email).toBe(email);
    const own = { ...principal, userId };
    await expect(
      id.as(() => id.commands.execute(new SetAccountStatusCommand(userId, 'disabled')), { principal: own }),
    ).rejects.toThrow('identity.own-account');
  });

  it('has what it changed at once, also where somebody was reading the rules of before meanwhile', async () => {
    const { email: other } = await id.owner();
    const principal = await id.principalOf(await id.logIn(other));
    const tenantId = principal.tenantId!;
    const change = new ChangeSecurityPolicyCommand({ password: { minLength: 21 } });
    const [database, policies] = [id.app.get(Database), id.app.get(SecurityPolicyRepository)];
    const read = database.readPlatform.bind(database);
    // Past what signing in has cached.
    clock.setOffset(60);
    const overtaken = jest.spyOn(database, 'readPlatform').mockImplementationOnce(async (...given) => {
      const before = await read(...given);
      await id.as(() => id.commands.execute(change), { principal, tenantId });
      return before as never;
    });
    await policies.of(tenantId);
    overtaken.mockRestore();
    expect((await policies.of(tenantId)).password.minLength).toBe(21);
  });
});
