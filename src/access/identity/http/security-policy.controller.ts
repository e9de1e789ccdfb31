import { Body, Controller, Get, Patch } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, StepUp } from '../../../kernel/auth/decorators';
import { Problems } from '../../../kernel/http/decorators';
import { ChangeSecurityPolicyCommand } from '../commands/change-security-policy';
import { SecurityPolicyQuery } from '../contracts/security-policy';
import { ChangeSecurityPolicyBody, securityPolicyView, SecurityPolicyView } from './security-policy.dto';

@ApiTags('security-policy')
@Controller('security-policy')
export class SecurityPolicyController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  /** All settings in force: those that the organization changed, over the defaults. */
  @Get()
  @Allow('security-policy:read')
  @ApiOperation({ operationId: 'getSecurityPolicy', summary: 'What the organization asks of passwords and sign-ins' })
  async read(): Promise<SecurityPolicyView> {
    return securityPolicyView(await this.queries.execute(new SecurityPolicyQuery()));
  }

  /** Names only what changes; null takes a value back to its default. Seen by every process within seconds. */
  @Patch()
  @Allow('security-policy:update')
  @Problems({ 'identity.security-policy-invalid': 400 })
  @StepUp({ maxAgeSeconds: 900 })
  @ApiOperation({ operationId: 'changeSecurityPolicy', summary: 'Change what the organization asks of sign-ins' })
  async change(@Body() body: ChangeSecurityPolicyBody): Promise<SecurityPolicyView> {
    return securityPolicyView(await this.commands.execute(new ChangeSecurityPolicyCommand({ ...body })));
  }
}
