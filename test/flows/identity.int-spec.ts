import type { CommandBus, QueryBus } from '@nestjs/cqrs';
import * as bcrypt from '@node-rs/bcrypt';
import { decode } from 'jsonwebtoken';
import { AccessFacts, type AccessClaims } from '../../src/kernel/auth/ports';
import { AuthVersions } from '../../src/kernel/auth/versions';
import { clock } from '../../src/kernel/clock/clock';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { MembershipsOfUserQuery } from '../../src/access/organizations/contracts/memberships-of-user';
import { AskForLinkCommand } from '../../src/access/identity/commands/ask-for-link';
import { LogInCommand } from '../../src/access/identity/commands/log-in';
import { LogOutCommand } from '../../src/access/identity/commands/log-out';
import { PurgeExpiredCommand } from '../../src/access/identity/commands/purge-expired';
import { RefreshTokensCommand } from '../../src/access/identity/commands/refresh-tokens';
import { RegisterCommand } from '../../src/access/identity/commands/register';
import { RotateSigningKeyCommand } from '../../src/access/identity/contracts/signing-keys';
import { SwitchOrganizationCommand } from '../../src/access/identity/commands/switch-organization';
import type { TokenAnswer } from '../../src/access/identity/commands/token-answer';
import { VerifyEmailCommand } from '../../src/access/identity/commands/verify-email';
import { CheckOperatorCommand } from '../../src/access/identity/contracts/check-operator';
import { CreateUserCommand } from '../../src/access/identity/contracts/create-user';
import { SetPasswordCommand } from '../../src/access/identity/contracts/set-password';
import { KeySetQuery } from '../../src/access/identity/queries/key-set';
import { identityApp, type IdentityApp } from '../support/identity';
import { PASSWORD } from '../support/shop';

describe('identity', () => {
  let identity: IdentityApp;
  let commands: CommandBus;
  let queries: QueryBus;

  beforeAll(async () => {
    identity = await identityApp();
    ({ commands, queries } = identity);
  });
  afterAll(() => identity.close());
  afterEach(() => clock.setOffset(0));

  const as: IdentityApp['as'] = (work, context) => identity.as(work, context);
  const rows: IdentityApp['rows'] = (text, params) => identity.rows(text, params);
  const address = (): string => identity.address();
  const customerOf = (shopId: string): Promise<string> => identity.customerOf(shopId);
  const owner = (organizationName?: string) => identity.owner(organizationName);
  /** Asks for an account, and lets the worker do its part. */
  const register = async (form: Partial<RegisterCommand['form']>, context = {}): Promise<void> => {
    const whole = { email: address(), password: PASSWORD, name: 'Ada', ...form };
    await as(() => commands.execute(new RegisterCommand(whole)), context);
    await identity.settle();
  };
  const tokenFor = (email: string): string => identity.tokenIn(email, 'verify-email');
  const mailsTo = (email: string): string[] => identity.lettersTo(email).map((letter) => letter.template);
  const logIn = (email: string, password = PASSWORD, organization?: string, context = {}): Promise<TokenAnswer> =>
    as(() => commands.execute(new LogInCommand({ email, password, organization })), context) as Promise<TokenAnswer>;
  const refresh = (refreshToken: string, context = {}): Promise<TokenAnswer> =>
    as(() => commands.execute(new RefreshTokensCommand({ refreshToken })), context);
  const claimsOf = (answer: TokenAnswer): AccessClaims => decode(answer.accessToken) as AccessClaims;

  describe('registering', () => {
    it('opens an organization with its owner when the link is opened, and not before', async () => {
      const email = address();
      await register({ email, organizationName: 'Café Zoë' });
      expect(await rows(`select 1 from organizations.tenants where name = 'Café Zoë'`)).toEqual([]);
      await expect(logIn(email)).rejects.toThrow('identity.email-unverified');
      await expect(logIn(email, 'another password')).rejects.toThrow('identity.invalid-credentials');

      const { organization } = await as(() => commands.execute(new VerifyEmailCommand(tokenFor(email))));
      expect(organization).toMatchObject({ name: 'Café Zoë', slug: expect.stringMatching(/^cafe-zoe/) as string });
      const answer = await logIn(email.toUpperCase());
      expect(answer).toMatchObject({ tokenType: 'Bearer', expiresIn: expect.any(Number) as number });
      expect(answer.user).toMatchObject({ email, roles: ['owner'], organization });
      const principal = await identity.principalOf(answer);
      expect(principal).toMatchObject({ kind: 'user', tenantId: organization!.id, roles: ['owner'] });
      const events = await rows<{ type: string }>(`select type from kernel.events where tenant_id = $1 order by id`, [
        organization!.id,
      ]);
      expect(events.map((event) => event.type)).toEqual(
        expect.arrayContaining([
          'identity.user-registered.v1',
          'organizations.organization-created.v1',
          'organizations.member-joined.v1',
        ]),
      );
    });

    it('joins the shop of the request as a customer', async () => {
      const shop = (await owner()).organization;
      const email = await customerOf(shop.id);
      const answer = await logIn(email, PASSWORD, shop.slug);
      expect(answer.user).toMatchObject({ roles: ['customer'], organization: { slug: shop.slug } });
      const [event] = await rows<{ payload: object }>(
        `select payload from kernel.events where tenant_id = $1 and type = 'identity.user-registered.v1' and payload->>'email' = $2`,
        [shop.id, email],
      );
      expect(event.payload).toMatchObject({ email, kind: 'customer', tenantId: shop.id });
    });

    it('needs an organization or a shop', async () => {
      await expect(register({})).rejects.toThrow('identity.registration-target-missing');
    });

    it('uses a link once, and not after a day', async () => {
      const { email } = await owner();
      await expect(as(() => commands.execute(new VerifyEmailCommand(tokenFor(email))))).rejects.toThrow(
        'identity.link-spent',
      );
      await expect(as(() => commands.execute(new VerifyEmailCommand('nonsense')))).rejects.toThrow(
        'identity.link-invalid',
      );
      const late = address();
      await register({ email: late, organizationName: 'Late' });
      clock.setOffset(86_400 + 5);
      await expect(as(() => commands.execute(new VerifyEmailCommand(tokenFor(late))))).rejects.toThrow(
        'identity.link-spent',
      );
      await as(() => commands.execute(new AskForLinkCommand({ kind: 'verify-email', email: late })));
      await identity.settle();
      const { organization } = await as(() => commands.execute(new VerifyEmailCommand(tokenFor(late))));
      expect(organization).toMatchObject({ name: 'Late' });
    });

    it('of one address at once makes one user and opens one organization', async () => {
      const email = address();
      await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          as(() =>
            commands.execute(
              new RegisterCommand({
                email,
                password: `${PASSWORD} ${i}`,
                name: `N${i}`,
                organizationName: `Race ${email}`,
              }),
            ),
          ),
        ),
      );
      await identity.settle();
      expect(await rows(`select 1 from identity.users where email_normalized = $1`, [email])).toHaveLength(1);
      const tokens = identity.lettersTo(email).map((letter) => (letter.data as { token: string }).token);
      // Twelve asked, the counter of mails let five through.
      expect(tokens).toHaveLength(5);
      const opened = await Promise.allSettled(
        tokens.map((token) => as(() => commands.execute(new VerifyEmailCommand(token)))),
      );
      expect(opened.every((result) => result.status === 'fulfilled')).toBe(true);
      expect(await rows(`select 1 from organizations.tenants where name = $1`, [`Race ${email}`])).toHaveLength(1);
      expect(
        await rows(
          `select 1 from identity.credentials c join identity.users u on u.id = c.user_id
        where u.email = $1 and c.revoked_at is null`,
          [email],
        ),
      ).toHaveLength(1);
    });

    it('gives the password of the registration whose link was opened: nobody prepares an account for another', async () => {
      const email = address();
      await register({ email, password: 'the intruder was first', name: 'X', organizationName: 'X' });
      await register({ email, organizationName: 'Mine' });
      await as(() => commands.execute(new VerifyEmailCommand(tokenFor(email))));
      await expect(logIn(email, 'the intruder was first')).rejects.toThrow('identity.invalid-credentials');
      expect((await logIn(email)).user).toMatchObject({ name: 'Ada', organization: { name: 'Mine' } });
    });

    it('tells the owner of a known address by mail, and lets it join another shop by link with its own password', async () => {
      const { email, organization } = await owner();
      const typed = { email, password: 'somebody else typed this', name: 'Y' };
      await register({ ...typed, organizationName: 'Y' });
      expect(mailsTo(email)).toEqual(['verify-email', 'already-registered']);
      const shop = (await owner('Other Shop')).organization;
      await register(typed, { tenantId: shop.id });
      await expect(logIn(email, PASSWORD, shop.slug)).rejects.toThrow('identity.organization-unavailable');
      await as(() => commands.execute(new VerifyEmailCommand(tokenFor(email))));
      await expect(logIn(email, 'somebody else typed this')).rejects.toThrow('identity.invalid-credentials');
      expect((await logIn(email, PASSWORD, shop.slug)).user.roles).toEqual(['customer']);
      expect((await logIn(email)).user.organization!.id).toBe(organization.id);
    });
  });

  describe('signing in', () => {
    it('costs a hash for an absent address too', async () => {
      const { email } = await owner();
      const cost = async (who: string): Promise<number> => {
        const before = await identity.hashes();
        await expect(logIn(who, 'wrong password here')).rejects.toThrow('identity.invalid-credentials');
        return (await identity.hashes()) - before;
      };
      expect([await cost(address()), await cost(email)]).toEqual([1, 1]);
    });

    it('verifies an imported bcrypt hash once and makes it argon2id', async () => {
      const email = address();
      const passwordHash = await bcrypt.hash('legacy-passphrase-1', { cost: 6 });
      await as(() => commands.execute(new CreateUserCommand({ email, name: 'Import', passwordHash })));
      await expect(logIn(email, 'legacy-passphrase-2')).rejects.toThrow('identity.invalid-credentials');
      const secret = async () =>
        (
          await rows<{ secret: string; pepper_key: string | null }>(
            `select secret, pepper_key from identity.credentials c join identity.users u on u.id = c.user_id where u.email = $1`,
            [email],
          )
        )[0];
      expect(await secret()).toEqual({ secret: passwordHash, pepper_key: null });
      expect((await logIn(email, 'legacy-passphrase-1')).user.organization).toBeNull();
      expect(await secret()).toEqual({
        secret: expect.stringMatching(/^\$argon2id\$v=19\$m=64,t=2,p=1\$/) as string,
        pepper_key: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      });
      expect((await logIn(email, 'legacy-passphrase-1')).user.email).toBe(email);
      await expect(
        as(() => commands.execute(new CreateUserCommand({ email: address(), name: 'I', passwordHash: 'md5' }))),
      ).rejects.toThrow('identity.hash-unknown');
    });

    it('gives operators a session without a tenant, and their pages a check of their own', async () => {
      const email = address();
      await as(() =>
        commands.execute(new CreateUserCommand({ email, name: 'Op', password: PASSWORD, operator: true })),
      );
      const answer = await logIn(email);
      expect(await identity.principalOf(answer)).toMatchObject({
        kind: 'operator',
        tenantId: null,
        roles: ['operator'],
      });
      const check = (who: string, password: string) =>
        as(() => commands.execute(new CheckOperatorCommand({ email: who, password })));
      expect(await check(email, PASSWORD)).toMatchObject({ email });
      expect(await check(email, 'wrong password')).toBeNull();
      expect(await check((await owner()).email, PASSWORD)).toBeNull();
    });

    it('signs with ES256 keys of which two can be live', async () => {
      const { email } = await owner();
      const before = decode((await logIn(email)).accessToken, { complete: true })!.header;
      expect(before).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
      await Promise.all([1, 2].map(() => as(() => commands.execute(new RotateSigningKeyCommand()))));
      const after = decode((await logIn(email)).accessToken, { complete: true })!.header;
      expect(after.kid).not.toBe(before.kid);
      const { keys } = await as(() => queries.execute(new KeySetQuery()));
      expect(keys.map((key) => key.kid)).toEqual(expect.arrayContaining([before.kid, after.kid]));
      expect(keys.every((key) => key.kty === 'EC' && key.crv === 'P-256' && !('d' in key))).toBe(true);
      expect(await identity.app.get(AccessFacts).verificationKey(before.kid!)).toMatch(/^-----BEGIN PUBLIC KEY/);
      clock.setOffset(27 * 3600);
      expect(await identity.app.get(AccessFacts).verificationKey(before.kid!)).toBeNull();
    });
  });

  describe('a family of refresh tokens', () => {
    it('has one successor however many ask at once, and other sessions live on', async () => {
      const { email } = await owner();
      const other = await logIn(email);
      let current = await logIn(email);
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(current.refreshToken)));
        expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
        expect(new Set(answers.map((answer) => answer.accessToken)).size).toBe(1);
        current = answers[0];
      }
      const sid = claimsOf(current).sid;
      const live = await rows(`select 1 from identity.refresh_tokens where session_id = $1 and consumed_at is null`, [
        sid,
      ]);
      expect(live).toHaveLength(1);
      expect((await refresh(other.refreshToken)).user.email).toBe(email);
    });

    it('ends when a used token is presented late, alone', async () => {
      const { email } = await owner();
      const other = await logIn(email);
      const first = await logIn(email);
      const second = await refresh(first.refreshToken);
      clock.setOffset(11);
      await expect(refresh(first.refreshToken)).rejects.toThrow('identity.refresh-token-invalid');
      await expect(refresh(second.refreshToken)).rejects.toThrow('identity.session-ended');
      const { sid } = claimsOf(first);
      expect((await identity.app.get(AuthVersions).current([sid])).get(sid)).toBe(1);
      await expect(identity.principalOf(second)).rejects.toThrow('identity.session-ended');
      const events = await rows<{ type: string }>(`select type from kernel.events where aggregate_id = $1`, [sid]);
      expect(events.map((event) => event.type)).toContain('identity.token-reuse-detected.v1');
      expect((await refresh(other.refreshToken)).user.email).toBe(email);
      expect(await identity.principalOf(other)).toMatchObject({ kind: 'user' });
    });

    it('answers again only to the client that asked, while the successor is unused', async () => {
      const { email } = await owner();
      const stolen = await logIn(email);
      const rotated = await refresh(stolen.refreshToken, { userAgent: 'phone' });
      expect((await refresh(stolen.refreshToken, { userAgent: 'phone' })).refreshToken).toBe(rotated.refreshToken);
      await expect(refresh(stolen.refreshToken, { userAgent: 'thief' })).rejects.toThrow(
        'identity.refresh-token-invalid',
      );
      await expect(refresh(rotated.refreshToken, { userAgent: 'phone' })).rejects.toThrow('identity.session-ended');

      const first = await logIn(email);
      const second = await refresh(first.refreshToken);
      await refresh(second.refreshToken);
      await expect(refresh(first.refreshToken)).rejects.toThrow('identity.refresh-token-invalid');
    });

    it('keeps no readable token in the database', async () => {
      const { email } = await owner();
      const first = await logIn(email);
      const second = await refresh(first.refreshToken);
      const stored = JSON.stringify(
        await rows(`select * from identity.refresh_tokens where session_id = $1`, [claimsOf(first).sid]),
      );
      for (const secret of [first.refreshToken, second.refreshToken, second.accessToken])
        expect(stored).not.toContain(secret);
    });

    it('never works after a logout that it raced with', async () => {
      const { email } = await owner();
      for (let round = 0; round < 10; round++) {
        const answer = await logIn(email);
        const principal = await identity.principalOf(answer);
        const [refreshed] = await Promise.allSettled([
          refresh(answer.refreshToken),
          as(() => commands.execute(new LogOutCommand()), { principal, tenantId: principal.tenantId }),
        ]);
        if (refreshed.status === 'fulfilled')
          await expect(refresh(refreshed.value.refreshToken)).rejects.toThrow('identity.session-ended');
        await expect(refresh(answer.refreshToken)).rejects.toThrow(/identity\.(session-ended|refresh-token-invalid)/);
      }
    });

    it('ends idle sessions, and all sessions with a new password', async () => {
      const { email } = await owner();
      const idle = await logIn(email);
      clock.setOffset(31 * 86_400);
      await expect(refresh(idle.refreshToken)).rejects.toThrow('identity.session-ended');
      const sessions = [await logIn(email), await logIn(email)];
      await as(() => commands.execute(new SetPasswordCommand({ email, password: 'an entirely new passphrase' })));
      for (const answer of sessions)
        await expect(refresh(answer.refreshToken)).rejects.toThrow('identity.session-ended');
      await expect(logIn(email)).rejects.toThrow('identity.invalid-credentials');
      expect((await logIn(email, 'an entirely new passphrase')).user.email).toBe(email);
      clock.setOffset(62 * 86_400);
      await as(() => commands.execute(new PurgeExpiredCommand()));
      expect(await rows(`select 1 from identity.sessions where id = $1`, [claimsOf(idle).sid])).toEqual([]);
    });

    it('never outlives a change of the password that it raced with', async () => {
      const { email } = await owner();
      for (let round = 0; round < 4; round++) {
        const before = round === 0 ? PASSWORD : `passphrase of round ${round - 1}`;
        const [signedIn] = await Promise.allSettled([
          logIn(email, before),
          as(() => commands.execute(new SetPasswordCommand({ email, password: `passphrase of round ${round}` }))),
        ]);
        if (signedIn.status === 'fulfilled')
          await expect(refresh(signedIn.value.refreshToken)).rejects.toThrow('identity.session-ended');
      }
    });
  });

  describe('working elsewhere', () => {
    it('switches the session, and only to organizations of the user', async () => {
      const { email, organization } = await owner();
      const first = await logIn(email);
      const principal = await identity.principalOf(first);
      const second = await as(
        () => commands.execute(new CreateOrganizationCommand({ name: 'Second', ownerUserId: principal.userId! })),
        {
          principal,
          tenantId: organization.id,
        },
      );
      const switchTo = (to: string) =>
        as(() => commands.execute(new SwitchOrganizationCommand(to)), { principal, tenantId: organization.id });
      const switched = await switchTo(second.slug);
      expect(claimsOf(switched)).toMatchObject({ tid: second.id, sid: claimsOf(first).sid });
      expect(await identity.principalOf(switched)).toMatchObject({ tenantId: second.id, roles: ['owner'] });
      expect((await refresh(switched.refreshToken)).user.organization!.id).toBe(second.id);
      await expect(switchTo((await owner()).organization.slug)).rejects.toThrow('identity.organization-unavailable');
      await expect(switchTo('no-such-shop')).rejects.toThrow('identity.organization-unavailable');
    });

    it('loses an organization with the membership, not the account', async () => {
      const { organization } = await owner();
      const email = await customerOf(organization.id);
      const answer = await logIn(email);
      const userId = answer.user.id;
      await rows('delete from organizations.members where user_id = $1', [userId]);
      await expect(identity.principalOf(answer)).rejects.toThrow('identity.membership-ended');
      const refreshed = await refresh(answer.refreshToken);
      expect(refreshed.user.organization).toBeNull();
      expect(await identity.principalOf(refreshed)).toMatchObject({ tenantId: null, roles: [] });
      expect(
        await as(() => queries.execute(new MembershipsOfUserQuery(userId)), { tenantId: PLATFORM_TENANT }),
      ).toEqual([]);
    });

    it('finds shops by slug', async () => {
      const { organization } = await owner();
      const facts = identity.app.get(AccessFacts);
      expect(await facts.tenantBySlug(organization.slug)).toEqual(organization);
      expect(await facts.tenantBySlug('no-such-shop')).toBeNull();
    });
  });
});
