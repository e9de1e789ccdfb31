import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { OperatorLogin } from '../../../kernel/auth/operator-login';
import { policyOf } from '../../../kernel/auth/policy';
import { GUEST, type Principal } from '../../../kernel/auth/principal';
import { Database } from '../../../kernel/database/database';
import { CheckOperatorCommand } from '../contracts/check-operator';
import { OPERATOR_PERMISSIONS } from '../domain/system-roles';

/** Operators by their password, and their second factor where they have one, under the throttle of every sign-in. */
@Injectable()
export class IdentityOperatorLogin extends OperatorLogin {
  readonly passkeys = {
    options: '/api/v1/auth/passkeys/login/options',
    login: '/api/v1/auth/passkeys/login',
    logout: '/api/v1/auth/logout',
  };

  constructor(
    private readonly commands: CommandBus,
    private readonly database: Database,
  ) {
    super();
  }

  async verify(email: string, password: string, code?: string): Promise<Principal | null> {
    const operator = await this.commands.execute(new CheckOperatorCommand({ email, password, code }));
    if (!operator) return null;
    const { userId } = operator;
    return {
      ...GUEST,
      kind: 'operator',
      userId,
      email: operator.email,
      roles: ['operator'],
      policy: policyOf(...OPERATOR_PERMISSIONS),
    };
  }

  async isOperator(userId: string): Promise<boolean> {
    const rows = await this.database.readPlatform(
      `select 1 from identity.users where id = $1 and platform_role = 'operator' and status = 'active'`,
      [userId],
    );
    return rows.length === 1;
  }
}
