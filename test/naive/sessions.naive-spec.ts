import path from 'node:path';
import { Injectable, Module, type Type } from '@nestjs/common';
import { CommandBus, CommandHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { LogInCommand } from '../../src/access/identity/commands/log-in';
import { RefreshTokensCommand } from '../../src/access/identity/commands/refresh-tokens';
import type { TokenAnswer } from '../../src/access/identity/commands/token-answer';
import { CreateUserCommand } from '../../src/access/identity/contracts/create-user';
import { RevokeSessionsCommand } from '../../src/access/identity/contracts/revoke-sessions';
import { AccountRepository } from '../../src/access/identity/data/account.repository';
import { SecurityPolicyRepository } from '../../src/access/identity/data/security-policy.repository';
import { SessionRepository } from '../../src/access/identity/data/session.repository';
import { ThrottleRepository } from '../../src/access/identity/data/throttle.repository';
import { Session } from '../../src/access/identity/domain/session';
import { IdentityModule } from '../../src/access/identity/identity.module';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { CreateOrganizationCommand } from '../../src/access/organizations/contracts/create-organization';
import { SendMessageCommand } from '../../src/engagement/notifications/contracts/send-message';
import { GUEST } from '../../src/kernel/auth/guest';
import { runInContext } from '../../src/kernel/context/request-context';
import type { Transaction } from '../../src/kernel/database/transaction';
import { newId } from '../../src/kernel/ids/ids';
import { httpDoor, raceLogins, raceRefreshes, raceRevocations, type Door } from '../scenarios/session-races';
import { asTenant, testApp, type TestApp } from '../support/app';
import { testDatabase } from '../support/cluster';
import { startServer } from '../support/server';
import { openShop, PASSWORD, type Login } from '../support/shop';
import { replaced } from './replaced';

@CommandHandler(SendMessageCommand)
class NoMail {
  execute(): Promise<{ messageId: string }> {
    return Promise.resolve({ messageId: newId() });
  }
}
@Module({ providers: [NoMail] })
class Postbox {}

/** Reads the session without a lock. */
@Injectable()
class Unlocked extends SessionRepository {
  override lock(tx: Transaction, sessionId: string): Promise<Session | null> {
    return tx.store.load(Session, sessionId, { lock: false });
  }
}

/** Asks the token alone, and never its session. */
@Injectable()
class TokenAlone extends SessionRepository {
  override async lock(tx: Transaction, sessionId: string): Promise<Session | null> {
    const session = await super.lock(tx, sessionId);
    return session && Object.assign(session, { isLive: () => true });
  }
}

/** Signs in without taking a row of the user, so that nothing makes sign-ins take turns. */
@Injectable()
class Unordered extends AccountRepository {
  override lockById(): Promise<string | null> {
    return Promise.resolve('active');
  }

  override credentialUsed(): Promise<boolean> {
    return Promise.resolve(true);
  }

  override useCredential(): void {}
}

describe('naive sessions', () => {
  let app: TestApp | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  /** One account of an application in which one provider is naive. */
  async function account(token: Type, naive: Type): Promise<{ door: Door; userId: string; tenantId: string }> {
    app = await testApp([OrganizationsModule, replaced(IdentityModule, token, naive), Postbox]);
    const commands = app.get(CommandBus);
    const email = `naive-${newId()}@example.org`;
    const tenantId = newId();
    const userId = await asTenant(tenantId, async () => {
      const made = await commands.execute(new CreateUserCommand({ email, name: 'Naive', password: PASSWORD }));
      await commands.execute(new CreateOrganizationCommand({ id: tenantId, name: 'Naive', ownerUserId: made.userId }));
      return made.userId;
    });
    let serial = 0;
    const as = <T>(work: () => Promise<T>): Promise<T> =>
      runInContext(
        { tenantId: null, principal: GUEST, requestId: newId(), ip: `198.51.${++serial >> 8}.${serial & 255}` },
        work,
      );
    const door: Door = {
      logIn: () => as(() => commands.execute(new LogInCommand({ email, password: PASSWORD }))) as Promise<TokenAnswer>,
      refresh: (refreshToken) => as(() => commands.execute(new RefreshTokensCommand({ refreshToken }))),
      endOthers: async (caller: Login) => {
        const exceptSessionId = sessionOf(caller);
        const command = new RevokeSessionsCommand({ userId, reason: 'logout-all', exceptSessionId });
        await asTenant(tenantId, () => commands.execute(command));
      },
      works: () => Promise.resolve(false),
    };
    return { door, userId, tenantId };
  }
  const sessionOf = ({ accessToken }: Login): string =>
    (JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString()) as { sid: string }).sid;

  it('refreshed without the lock of the session: one token must have one successor', async () => {
    const { door } = await account(SessionRepository, Unlocked);
    expect((await raceRefreshes([door], 2)).wrong).toBe(0);
  });

  it('refreshed by the token alone: nothing must work after the end', async () => {
    const { door } = await account(SessionRepository, TokenAlone);
    expect(await raceRevocations([door], 3)).toEqual({ survivors: 0 });
  });

  it('counted without the lock of the user: no more sessions than allowed', async () => {
    const { door, userId, tenantId } = await account(AccountRepository, Unordered);
    const policies = app!.get(SecurityPolicyRepository);
    const rules = await policies.of(tenantId);
    const caps = [{ role: null, max: 3, onExceed: 'evict_oldest' as const }];
    // Neither do the counters of tries.
    app!.get(ThrottleRepository).succeed = () => undefined;
    policies.of = () => Promise.resolve({ ...rules, sessions: { ...rules.sessions, caps } });
    const admin = new Client({ connectionString: app!.database.superuserUrl });
    await admin.connect();
    const live = async (): Promise<number> =>
      (
        await admin.query<{ live: number }>(
          'select count(*)::int as live from identity.sessions where user_id = $1 and revoked_at is null',
          [userId],
        )
      ).rows[0].live;
    try {
      expect((await raceLogins([door], 30, live)).most).toBeLessThanOrEqual(3);
    } finally {
      await admin.end();
    }
  });

  it('used up in a commit of its own: a token must survive the death of the server', async () => {
    const database = await testDatabase({ fresh: true });
    const server = await startServer({ database, name: 'naive-refresh' });
    try {
      const shop = await openShop(server.url, 'Naive');
      const variant = path.join(__dirname, 'processes', 'refresh-in-two-commits.cjs');
      const env = { MAINSTAY_KILL_POINT: 'refresh.before-commit', NODE_OPTIONS: `--require=${variant}` };
      const dying = await startServer({ database, name: 'naive-refresh-dying', env });
      const { email } = shop.owner.user;
      const dead = httpDoor(dying.url, email, () => PASSWORD).refresh(shop.owner.refreshToken);
      await expect(dead).rejects.toThrow('fetch failed');
      await httpDoor(server.url, email, () => PASSWORD).refresh(shop.owner.refreshToken);
    } finally {
      process.kill(server.pid, 'SIGTERM');
    }
  }, 90_000);
});
