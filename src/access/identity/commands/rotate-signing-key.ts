import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { SigningKeys } from '../domain/signing-keys';

/** Makes a new signing key; tokens of the former one stay good until they expire. */
export class RotateSigningKeyCommand extends Command<{ kid: string }> {}

@CommandHandler(RotateSigningKeyCommand)
export class RotateSigningKeyHandler implements ICommandHandler<RotateSigningKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: SigningKeys,
  ) {}

  async execute(): Promise<{ kid: string }> {
    return this.uow.run(async () => ({ kid: await this.keys.rotate() }), { tenantId: PLATFORM_TENANT });
  }
}
