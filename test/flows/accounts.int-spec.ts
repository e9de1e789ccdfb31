import { AskForLinkCommand } from '../../src/access/identity/commands/ask-for-link';
import {
  AskEmailChangeCommand,
  ConfirmEmailChangeCommand,
  UndoEmailChangeCommand,
} from '../../src/access/identity/commands/change-email';
import { ChangePasswordCommand } from '../../src/access/identity/commands/change-password';
import { ChangeProfileCommand } from '../../src/access/identity/commands/change-profile';
import { ChangeSecurityPolicyCommand } from '../../src/access/identity/commands/change-security-policy';
import { CloseAccountCommand, KeepAccountCommand } from '../../src/access/identity/commands/close-account';
import { LogOutEverywhereCommand } from '../../src/access/identity/commands/log-out-everywhere';
import { RefreshTokensCommand } from '../../src/access/identity/commands/refresh-tokens';
import { ResetPasswordCommand } from '../../src/access/identity/commands/reset-password';
import { GRACE_DAYS } from '../../src/access/identity/domain/user';
import { LoginHistoryQuery } from '../../src/access/identity/queries/login-history';
import { ProfileQuery } from '../../src/access/identity/queries/profile';
import { VerifyTokenQuery } from '../../src/access/identity/queries/verify-token';
import { AuditModule } from '../../src/access/audit/audit.module';
import { Sealer } from '../../src/access/audit/commands/sealer';
import { TenantsOfSubjectQuery } from '../../src/access/audit/contracts/tenants-of-subject';
import { VerifyTrailQuery } from '../../src/access/audit/contracts/verify-trail';
import { ListAuditEntriesQuery } from '../../src/access/audit/queries/list-entries';
import { AccountMail } from '../../src/access/identity/commands/account-mail';
import { DeleteAccount } from '../../src/access/identity/jobs/delete-account';
import { AddMemberCommand } from '../../src/access/organizations/contracts/add-member';
import { SYSTEM } from '../../src/kernel/auth/principal';
import { clock } from '../../src/kernel/clock/clock';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { ListQuery } from '../../src/kernel/http/list-query.dto';
import { eventually } from '../support/eventually';
import { identityApp, type IdentityApp, type SignedIn } from '../support/identity';
import { PASSWORD } from '../support/shop';
import { skewed } from '../support/skew';

const OTHER = 'seven quiet boats at anchor';

describe('accounts', () => {
  let id: IdentityApp;
  beforeAll(async () => {
    id = await identityApp([AuditModule]);
  });
  afterAll(() => id.close());
  afterEach(() => clock.setOffset(0));

  /** Acts as the holder of tokens. */
  const by = async <T>(tokens: SignedIn, work: () => Promise<T>): Promise<T> => {
    const principal = await id.principalOf(tokens);
    return id.as(work, { principal, tenantId: principal.tenantId });
  };
  const send = <T>(tokens: SignedIn, command: Parameters<IdentityApp['commands']['execute']>[0]): Promise<T> =>
    by(tokens, () => id.commands.execute(command) as Promise<T>);
  const forgot = async (email: string): Promise<void> => {
    await id.as(() => id.commands.execute(new AskForLinkCommand({ kind: 'reset-password', email })));
    await id.settle();
  };
  const reset = (token: string, password: string): Promise<void> =>
    id.as(() => id.commands.execute(new ResetPasswordCommand({ token, password })));
  const refresh = (tokens: SignedIn): Promise<unknown> =>
    id.as(() => id.commands.execute(new RefreshTokensCommand({ refreshToken: tokens.refreshToken! })));
  /** What the audit trails can still tell of a person. */
  const trailsOf = async (userId: string, email: string) => {
    const tenants = await id.as(() => id.queries.execute(new TenantsOfSubjectQuery(userId, [email])));
    const [{ keys }] = await id.rows<{ keys: number }>(
      'select count(*)::int as keys from audit.subject_keys where subject_id = $1',
      [userId],
    );
    const list = Object.assign(new ListQuery(), { limit: 100, email });
    const told = [...tenants, PLATFORM_TENANT].map((tenantId) =>
      id.as(() => id.queries.execute(new ListAuditEntriesQuery(list)), { tenantId, principal: SYSTEM }),
    );
    const addresses = (await Promise.all(told)).flatMap(({ data }) => data.map((entry) => entry.email));
    return { tenants, keys, addresses: [...new Set(addresses)] };
  };
  const templatesTo = (email: string): string[] => id.lettersTo(email).map(({ template }) => template);

  describe('a forgotten password', () => {
    it('is set anew by a link that works once, ends every session and proves the address', async () => {
      const { email } = await id.owner();
      const session = await id.logIn(email);
      await forgot(email);
      const token = id.tokenIn(email, 'reset-password');
      await expect(reset(token, 'too short')).rejects.toThrow('identity.password-refused');
      await reset(token, OTHER);
      await expect(reset(token, PASSWORD)).rejects.toThrow('identity.link-spent');
      await expect(refresh(session)).rejects.toThrow('identity.session-ended');
      await expect(id.logIn(email)).rejects.toThrow('identity.invalid-credentials');
      expect((await id.logIn(email, OTHER)).user.email).toBe(email);
      expect(templatesTo(email)).toContain('password-changed');
    });

    it('opens an account that guessers had closed', async () => {
      const { email } = await id.owner();
      for (let i = 0; i < 6; i++) await id.logIn(email, 'a guess of a guesser').catch(() => undefined);
      await expect(id.logIn(email)).rejects.toThrow('identity.invalid-credentials');
      await forgot(email);
      await reset(id.tokenIn(email, 'reset-password'), OTHER);
      expect((await id.logIn(email, OTHER)).user.email).toBe(email);
    });

    it('is mailed to nobody who has no account, writes the same and is bounded', async () => {
      const absent = id.address();
      const { email } = await id.owner();
      const deliveries = (): Promise<{ count: number }[]> =>
        id.rows(`select count(*)::int as count from kernel.deliveries where name = 'identity.mail-link'`);
      // The owner's registration was the first of five mails.
      for (const [who, left] of [
        [absent, 5],
        [email, 4],
      ] as const) {
        const before = (await deliveries())[0].count;
        for (let i = 0; i < 7; i++)
          await id.as(() => id.commands.execute(new AskForLinkCommand({ kind: 'reset-password', email: who })));
        expect((await deliveries())[0].count).toBe(before + left);
      }
      await id.settle();
      expect(id.lettersTo(absent)).toEqual([]);
      expect(templatesTo(email).filter((template) => template === 'reset-password')).toHaveLength(4);
    });

    it('has links that last a day, of which the newest password voids all', async () => {
      const { email } = await id.owner();
      await forgot(email);
      const first = id.tokenIn(email, 'reset-password');
      await forgot(email);
      const second = id.tokenIn(email, 'reset-password');
      await reset(second, OTHER);
      await expect(reset(first, PASSWORD)).rejects.toThrow('identity.link-spent');
      await forgot(email);
      const late = id.tokenIn(email, 'reset-password');
      clock.setOffset(86_400 + 5);
      await expect(reset(late, PASSWORD)).rejects.toThrow('identity.link-spent');
      await expect(reset('no-such-token', PASSWORD)).rejects.toThrow('identity.link-invalid');
      const stored = JSON.stringify(await id.rows('select token_hash::text, data from identity.challenges'));
      for (const token of [first, second, late]) expect(stored).not.toContain(token);
    });

    it('is set by one of many who use a link at once', async () => {
      const { email } = await id.owner();
      await forgot(email);
      const token = id.tokenIn(email, 'reset-password');
      const all = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => reset(token, `${OTHER} number ${i}`)));
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });
  });

  describe('a password', () => {
    it('is changed by who knows it; other sessions end, unless they are to stay', async () => {
      const { email } = await id.owner();
      const [here, there] = [await id.logIn(email), await id.logIn(email)];
      const change = (currentPassword: string, newPassword: string, more = {}) =>
        send<void>(here, new ChangePasswordCommand({ currentPassword, newPassword, ...more }));
      await expect(change('not my password', OTHER)).rejects.toThrow('identity.password-not-proven');
      await expect(change(PASSWORD, PASSWORD)).rejects.toThrow('identity.password-refused');
      await expect(change(PASSWORD, email)).rejects.toMatchObject({
        data: { errors: [{ pointer: '/newPassword', code: 'password-context' }] },
      });
      await change(PASSWORD, OTHER, { endOtherSessions: false });
      await expect(refresh(there)).resolves.toBeTruthy();
      await change(OTHER, PASSWORD);
      await expect(refresh(there)).rejects.toThrow();
      await expect(refresh(here)).resolves.toBeTruthy();
    });

    it('is none of the former ones where the organization says so', async () => {
      const { email } = await id.owner();
      const tokens = await id.logIn(email);
      await send(tokens, new ChangeSecurityPolicyCommand({ password: { history: 2 } }));
      const passwords = [PASSWORD, OTHER, 'nine grey herons on a roof', 'three slow trains to nowhere'];
      const change = (from: number, to: number) =>
        send<void>(tokens, new ChangePasswordCommand({ currentPassword: passwords[from], newPassword: passwords[to] }));
      await change(0, 1);
      await expect(change(1, 0)).rejects.toMatchObject({ data: { errors: [{ code: 'password-reused' }] } });
      await change(1, 2);
      await expect(change(2, 1)).rejects.toThrow('identity.password-refused');
      await change(2, 3);
      await change(3, 0);
    });

    it('is judged by the strictest organization of its user', async () => {
      const { email, userId } = await id.owner();
      const strict = await id.owner('Strict Shop');
      const tokens = await id.logIn(strict.email);
      await send(tokens, new ChangeSecurityPolicyCommand({ password: { minLength: 30, blockedWords: ['herons'] } }));
      await id.as(
        () => id.commands.execute(new AddMemberCommand({ tenantId: strict.organization.id, userId, role: 'customer' })),
        { principal: SYSTEM, tenantId: strict.organization.id },
      );
      const own = await id.logIn(email);
      const change = (newPassword: string) =>
        send<void>(own, new ChangePasswordCommand({ currentPassword: PASSWORD, newPassword }));
      await expect(change(OTHER)).rejects.toMatchObject({ detail: 'A password has at least 30 characters.' });
      await change('nine grey herons on a very long roof');
    });
  });

  describe('an address', () => {
    it('is changed once the new one is proven; the former one takes it back', async () => {
      const { email } = await id.owner();
      const next = id.address();
      const tokens = await id.logIn(email);
      const ask = (to: string, password = PASSWORD) =>
        send<void>(tokens, new AskEmailChangeCommand({ email: to, password }));
      await expect(ask(next, 'not my password')).rejects.toThrow('identity.password-not-proven');
      await expect(ask(email)).rejects.toThrow('identity.email-unchanged');
      await ask(next);
      expect((await id.logIn(email)).user.email).toBe(email);
      await id.as(() => id.commands.execute(new ConfirmEmailChangeCommand(id.tokenIn(next, 'confirm-new-email'))));
      await expect(id.logIn(email)).rejects.toThrow('identity.invalid-credentials');
      const taken = await id.logIn(next);
      expect(taken.user.email).toBe(next);
      await id.as(() => id.commands.execute(new UndoEmailChangeCommand(id.tokenIn(email, 'email-changed'))));
      await expect(refresh(taken)).rejects.toThrow('identity.session-ended');
      await expect(id.logIn(next)).rejects.toThrow('identity.invalid-credentials');
      await expect(id.logIn(email)).rejects.toThrow('identity.invalid-credentials');
      await reset(id.tokenIn(email, 'reset-password'), OTHER);
      expect((await id.logIn(email, OTHER)).user.email).toBe(email);
    });

    it('of another account is told to its owner alone', async () => {
      const [one, two] = [await id.owner(), await id.owner()];
      const tokens = await id.logIn(one.email);
      await send(tokens, new AskEmailChangeCommand({ email: two.email, password: PASSWORD }));
      expect(templatesTo(two.email)).toContain('already-registered');
      expect(templatesTo(two.email)).not.toContain('confirm-new-email');
    });

    it('that two accounts want at once becomes that of one', async () => {
      const wanted = id.address();
      const links: string[] = [];
      for (let i = 0; i < 2; i++) {
        const tokens = await id.logIn((await id.owner()).email);
        await send(tokens, new AskEmailChangeCommand({ email: wanted, password: PASSWORD }));
        links.push(id.tokenIn(wanted, 'confirm-new-email'));
      }
      const done = await Promise.allSettled(
        links.map((link) => id.as(() => id.commands.execute(new ConfirmEmailChangeCommand(link)))),
      );
      expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((done.find(({ status }) => status === 'rejected') as PromiseRejectedResult).reason).toMatchObject({
        code: 'identity.email-taken',
      });
    });
  });

  describe('an account', () => {
    it('is closed by its owner, and opened by a new password', async () => {
      const { email } = await id.owner();
      const tokens = await id.logIn(email);
      await expect(send(tokens, new CloseAccountCommand('disable', { password: 'wrong one' }))).rejects.toThrow(
        'identity.password-not-proven',
      );
      await send(tokens, new CloseAccountCommand('disable', { password: PASSWORD }));
      await expect(refresh(tokens)).rejects.toThrow('identity.session-ended');
      await expect(id.logIn(email)).rejects.toThrow('identity.invalid-credentials');
      await forgot(email);
      await reset(id.tokenIn(email, 'reset-password'), OTHER);
      expect((await id.logIn(email, OTHER)).user.email).toBe(email);
    });

    it('is deleted after a grace period, unless it is kept', async () => {
      const shop = await id.owner();
      const email = await id.customerOf(shop.organization.id);
      const tokens = await id.logIn(email);
      const remove = () =>
        send<{ deletionDueAt: Date }>(tokens, new CloseAccountCommand('delete', { password: PASSWORD }));
      const { deletionDueAt } = await remove();
      expect((deletionDueAt.getTime() - clock.nowMs()) / 86_400_000).toBeCloseTo(GRACE_DAYS, 3);
      await expect(id.logIn(email)).rejects.toThrow('identity.invalid-credentials');
      const keep = id.tokenIn(email, 'account-deletion');
      await id.as(() => id.commands.execute(new KeepAccountCommand(keep)));
      const again = await id.logIn(email);
      clock.setOffset(GRACE_DAYS * 86_400 + 60);
      await id.settle();
      expect((await id.logIn(email)).user.email).toBe(email);

      clock.setOffset(0);
      await send(again, new CloseAccountCommand('delete', { password: PASSWORD }));
      clock.setOffset(GRACE_DAYS * 86_400 + 60);
      // The trails of the shop and of the installation know the person by its key and by its address.
      const known = () => trailsOf(tokens.user.id, email);
      const before = await known();
      expect(before).toMatchObject({ tenants: [PLATFORM_TENANT, shop.organization.id], addresses: [email] });
      expect(before.keys).toBeGreaterThan(1);
      // Timer and job go by the clock of the database: that of this process may say that the time has not come.
      await skewed(-120, () => id.settle());
      const due = `select tenant_id as "tenantId", payload from kernel.deliveries where name = 'identity.delete-account' and payload->>'userId' = $1`;
      const [job] = await id.rows<{ tenantId: string; payload: { userId: string } }>(due, [tokens.user.id]);
      const run = () =>
        skewed(-120, () =>
          id.as(() => id.app.get(DeleteAccount).run(job.payload), { tenantId: job.tenantId, principal: SYSTEM }),
        );
      // One trail is forgotten already when the job dies: it does the rest, the next time nothing.
      const told = jest.spyOn(id.app.get(AccountMail), 'tell').mockRejectedValueOnce(new Error('killed'));
      await expect(run()).rejects.toThrow('killed');
      await run();
      await run();
      expect(told).toHaveBeenCalledTimes(2);
      told.mockRestore();
      expect(await known()).toEqual({ tenants: [], keys: 0, addresses: [] });
      await id.app.get(Sealer).sealAll();
      const where = { tenantId: shop.organization.id, principal: SYSTEM };
      const verdict = await id.as(() => id.queries.execute(new VerifyTrailQuery()), where);
      expect(verdict).toMatchObject({ ok: true, fault: null });
      await expect(
        id.as(() => id.commands.execute(new KeepAccountCommand(id.tokenIn(email, 'account-deletion')))),
      ).rejects.toThrow('identity.link');
      const [user] = await id.rows(`select email, name, status, closed_reason from identity.users where id = $1`, [
        tokens.user.id,
      ]);
      expect(user).toEqual({
        email: `deleted-${tokens.user.id}@deleted.invalid`,
        name: 'Deleted user',
        status: 'disabled',
        closed_reason: 'deleted',
      });
      expect(await id.rows('select 1 from identity.credentials where user_id = $1', [tokens.user.id])).toEqual([]);
      expect(templatesTo(email).at(-1)).toBe('account-deleted');
    });

    it('of an only owner stays', async () => {
      const { email, organization } = await id.owner();
      const tokens = await id.logIn(email);
      await expect(send(tokens, new CloseAccountCommand('delete', { password: PASSWORD }))).rejects.toMatchObject({
        code: 'identity.last-owner',
        data: { organizations: [organization.slug] },
      });
    });

    it('is signed out everywhere at once', async () => {
      const { email } = await id.owner();
      const sessions = [await id.logIn(email), await id.logIn(email)];
      await send(sessions[0], new LogOutEverywhereCommand());
      for (const tokens of sessions) await expect(refresh(tokens)).rejects.toThrow('identity.session-ended');
    });

    it('says of itself what it likes, within bounds', async () => {
      const { email } = await id.owner();
      const tokens = await id.logIn(email);
      const change = (changes: ConstructorParameters<typeof ChangeProfileCommand>[0]) =>
        send<void>(tokens, new ChangeProfileCommand(changes));
      await change({
        name: 'Ada L.',
        locale: 'pt-pt',
        timeZone: 'Europe/Lisbon',
        preferences: { theme: 'dark', a: 1 },
      });
      await change({ preferences: { a: null, list: [1, 2] } });
      expect(await by(tokens, () => id.queries.execute(new ProfileQuery()))).toMatchObject({
        name: 'Ada L.',
        locale: 'pt-PT',
        timeZone: 'Europe/Lisbon',
        preferences: { theme: 'dark', list: [1, 2] },
      });
      await change({ locale: null, timeZone: null });
      for (const wrong of [
        { locale: 'not a tag' },
        { timeZone: 'Mars/Olympus' },
        { timeZone: '+01:00' },
        { preferences: { big: 'x'.repeat(9_000) } },
        { preferences: { a: { b: { c: { d: { e: {} } } } } } },
        { preferences: JSON.parse('{"__proto__": {"admin": true}}') as Record<string, unknown> },
      ])
        await expect(change(wrong)).rejects.toThrow('identity.profile-invalid');
    });

    it('shows its tries to sign in, the wrong ones too', async () => {
      const { email } = await id.owner();
      await id.logIn(email, 'a wrong one of mine').catch(() => undefined);
      const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
      const tokens = await id.logIn(email, PASSWORD, { userAgent, ip: '8.8.8.8' });
      const list = (more = {}) => by(tokens, () => id.queries.execute(new LoginHistoryQuery({ limit: 20, ...more })));
      const { data } = await eventually(async () => {
        const page = await list();
        return page.data.length === 2 ? page : undefined;
      });
      expect(data).toMatchObject([
        {
          result: 'success',
          amr: ['pwd'],
          ip: '8.8.8.8',
          place: { country: 'US' },
          device: { name: 'Firefox on Linux' },
        },
        { result: 'wrong_password', sessionId: null },
      ]);
      const first = await list({ limit: 1 });
      expect(first.page.hasMore).toBe(true);
      const second = await list({ limit: 1, cursor: first.page.nextCursor! });
      expect(second.data.map((row) => row.id)).toEqual([data[1].id]);
      expect((await list({ result: ['wrong_password'] })).data).toHaveLength(1);
    });
  });

  it('a token says what it is while it is live, and nothing after', async () => {
    const { email, userId } = await id.owner();
    const tokens = await id.logIn(email);
    const state = (token: string) => id.as(() => id.queries.execute(new VerifyTokenQuery(token)));
    expect(await state(tokens.accessToken)).toMatchObject({ active: true, claims: { sub: userId, sv: 0 } });
    for (const token of ['', 'x.y.z', `${tokens.accessToken}x`, 'a'.repeat(9_000), tokens.refreshToken!])
      expect(await state(token)).toEqual({ active: false, claims: null });
    await send(tokens, new LogOutEverywhereCommand());
    expect(await state(tokens.accessToken)).toEqual({ active: false, claims: null });
  });
});
