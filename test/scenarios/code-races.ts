import { CommandBus, type ICommand } from '@nestjs/cqrs';
import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CommandHandler, QueryHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { FactorCheck } from '../../src/access/identity/commands/factor-check';
import { FactorRepository } from '../../src/access/identity/data/factor.repository';
import { FactorSeal } from '../../src/access/identity/data/factor-seal';
import { newBackupCodes } from '../../src/access/identity/domain/backup-code';
import { CreateUserCommand } from '../../src/access/identity/contracts/create-user';
import { OrganizationsModule } from '../../src/access/organizations/organizations.module';
import { MessageChannelsQuery } from '../../src/engagement/notifications/contracts/message-channels';
import { SendMessageCommand } from '../../src/engagement/notifications/contracts/send-message';
import { clock } from '../../src/kernel/clock/clock';
import { PLATFORM_TENANT } from '../../src/kernel/context/request-context';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { asTenant, testApp } from '../support/app';
import { totpCode } from '../support/totp';

@CommandHandler(SendMessageCommand)
class NoMail {
  execute(): Promise<{ messageId: string }> {
    return Promise.resolve({ messageId: newId() });
  }
}
@QueryHandler(MessageChannelsQuery)
class Channels {
  execute(): Promise<{ email: boolean; sms: boolean }> {
    return Promise.resolve({ email: true, sms: true });
  }
}
@Module({ providers: [NoMail, Channels] })
class Postbox {}

/** How many of fifty equal tries at the same moment were accepted, each in a transaction of its own. */
export interface CodeRaces {
  totp: number;
  backupCode: number;
}

/**
 * The same code of an app, and the same backup code, fifty times in parallel. No throttle stands before the check here:
 * only the way in which a code is used up decides.
 */
export async function raceCodes(identity: Type | DynamicModule): Promise<CodeRaces> {
  const app = await testApp([OrganizationsModule, identity, Postbox]);
  const sql = new Client({ connectionString: app.database.superuserUrl });
  await sql.connect();
  try {
    return await asTenant(PLATFORM_TENANT, async () => {
      const [check, factors, uow] = [app.get(FactorCheck), app.get(FactorRepository), app.get(UnitOfWork)];
      const command: ICommand = new CreateUserCommand({ email: `race-${newId()}@example.org`, name: 'Race' });
      const { userId } = await app.get(CommandBus).execute<ICommand, { userId: string }>(command);
      const factorId = newId();
      const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
      const secretEnc = await app.get(FactorSeal).seal(factorId, secret);
      const [backupCode] = newBackupCodes();
      await uow.run(async (tx) => {
        await factors.addPendingTotp(tx, { id: factorId, userId, name: 'App', secretEnc });
        await factors.activateTotp(tx, factorId, 1);
        await factors.replaceBackupCodes(tx, userId, [backupCode]);
      });
      const race = async (method: 'totp' | 'backup_code', code: string): Promise<number> => {
        const tries = Array.from({ length: 50 }, async () => {
          const prepared = await check.prepare(userId, { method, code }, null, { window: 1 });
          return uow.run((tx) => check.settle(tx, userId, prepared, null, 'refuse'));
        });
        return (await Promise.all(tries)).filter(({ ok }) => ok).length;
      };
      return {
        totp: await race('totp', totpCode(secret, clock.nowMs())),
        backupCode: await race('backup_code', backupCode),
      };
    });
  } finally {
    await sql.end();
    await app.close();
  }
}
