import { Body, Controller, Delete, HttpCode, Patch } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow } from '../../../kernel/auth/decorators';
import { IdParam, Problems } from '../../../kernel/http/decorators';
import { ChangeMemberRoleCommand, RemoveMemberCommand } from '../commands/manage-organization';
import { ChangeMemberBody } from './organizations.dto';

@ApiTags('organizations')
@Controller('members')
export class MembersController {
  constructor(private readonly commands: CommandBus) {}

  /** The new rights hold at once, for open sessions too. */
  @Patch(':id')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.member-not-found', 'organizations.last-owner', { 'organizations.owners-only': 403 })
  @ApiOperation({ operationId: 'changeMember', summary: 'Give a member another role' })
  async change(@IdParam() id: string, @Body() body: ChangeMemberBody): Promise<void> {
    await this.commands.execute(new ChangeMemberRoleCommand(id, body.role));
  }

  /** The member's tokens for this organization are void at once; the user and its other memberships stay. */
  @Delete(':id')
  @HttpCode(204)
  @Allow('members:write')
  @Problems('organizations.member-not-found', 'organizations.last-owner', { 'organizations.owners-only': 403 })
  @ApiOperation({ operationId: 'removeMember', summary: 'Remove a member' })
  async remove(@IdParam() id: string): Promise<void> {
    await this.commands.execute(new RemoveMemberCommand(id));
  }
}
