import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SYSTEM } from '../../../kernel/auth/principal';
import { AuditScope } from '../../../kernel/audit/audit';
import { Config } from '../../../kernel/config/config';
import { PLATFORM_TENANT, runInContext } from '../../../kernel/context/request-context';
import { logger } from '../../../kernel/telemetry/logger';
import { CreateUserHandler } from '../commands/manage-users';
import { CreateUserCommand } from '../contracts/create-user';

/**
 * Makes the operator of MAINSTAY_ADMIN_EMAIL and MAINSTAY_ADMIN_PASSWORD at the start, unless the address has a user:
 * the password of a user who exists is never touched by the environment.
 */
@Injectable()
export class FirstOperator implements OnApplicationBootstrap {
  constructor(
    private readonly config: Config,
    // The handler itself: the bus may learn its handlers after this hook has run.
    private readonly createUser: CreateUserHandler,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { adminEmail, adminPassword } = this.config;
    if (!adminEmail || !adminPassword) return;
    const made = new CreateUserCommand({
      email: adminEmail,
      name: 'Operator',
      password: adminPassword,
      operator: true,
    });
    const command = { name: 'CreateUser', target: {} };
    const context = {
      tenantId: PLATFORM_TENANT,
      principal: SYSTEM,
      requestId: 'start',
      command,
      audit: new AuditScope(command),
    };
    const { created } = await runInContext(context, () => this.createUser.execute(made));
    if (created) logger.info('the first operator was made');
  }
}
