import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { ApproveRecoveryCommand } from '../commands/recover-factors';
import { RecoveriesQuery } from '../queries/recoveries';
import { FactorRecoveriesView, RecoveryProgressView } from './factor-recoveries.dto';

/** Members who have lost every second factor. */
@ApiTags('factor-recoveries')
@Controller('factor-recoveries')
export class FactorRecoveriesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @Allow('users:recover')
  @ApiOperation({ operationId: 'listFactorRecoveries', summary: 'Members who ask to recover their account' })
  async list(): Promise<FactorRecoveriesView> {
    return { data: await this.queries.execute(new RecoveriesQuery()) };
  }

  /**
   * Consent only after you have made sure, by another way than mail, that it is this person. Nobody consents to the own
   * recovery; the consent alone recovers nothing.
   */
  @Post(':id/approve')
  @HttpCode(200)
  @Allow('users:recover')
  @StepUp()
  @Problems({ 'identity.recovery-not-found': 404, 'identity.recovery-of-oneself': 403 })
  @ApiOperation({ operationId: 'approveFactorRecovery', summary: 'Consent to the recovery of a member' })
  approve(@IdParam() id: string): Promise<RecoveryProgressView> {
    return this.commands.execute(new ApproveRecoveryCommand(id));
  }
}
