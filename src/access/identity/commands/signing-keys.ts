import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { noteAudit } from '../../../kernel/audit/audit';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { RevokeSigningKeyCommand, RotateSigningKeyCommand } from '../contracts/signing-keys';
import { signingKeyNotFound } from '../domain/identity.errors';
import { SigningKeys } from '../domain/signing-keys';

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

@CommandHandler(RevokeSigningKeyCommand)
export class RevokeSigningKeyHandler implements ICommandHandler<RevokeSigningKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: SigningKeys,
  ) {}

  async execute({ keyId }: RevokeSigningKeyCommand): Promise<{ revoked: string; kid: string }> {
    const revoked = keyId ?? (await this.keys.live()).find(({ state }) => state === 'signing')!.kid;
    noteAudit({ target: { signingKey: revoked } });
    const kid = await this.uow.run(() => this.keys.revoke(revoked), { tenantId: PLATFORM_TENANT });
    if (kid === null) throw signingKeyNotFound();
    return { revoked, kid };
  }
}

/** Makes the keys that are missing, and lets the next one sign where it is time. @returns the new signing key, if so */
export class KeepSigningKeysCommand extends Command<{ kid: string | null }> {}

@CommandHandler(KeepSigningKeysCommand)
export class KeepSigningKeysHandler implements ICommandHandler<KeepSigningKeysCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly keys: SigningKeys,
  ) {}

  async execute(): Promise<{ kid: string | null }> {
    return this.uow.run(async () => ({ kid: await this.keys.keep() }), { tenantId: PLATFORM_TENANT });
  }
}
