import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { PushTokens } from '../data/push-tokens';
import { pushServiceUnknown, pushTokenNotFound } from '../domain/notifications.errors';
import type { Platform, PushProvider } from '../domain/push';
import { isListedHost, normalToken, type WebSubscription } from '../domain/push-token';

/**
 * The caller's device wants push messages, or still does: apps say so at every start. A token that another person had
 * registered leaves that one.
 * @throws AppError invalid `notifications.push-token-malformed`, `notifications.push-service-unknown`
 */
export class PutPushTokenCommand extends Command<{ id: string }> {
  constructor(readonly token: { provider: PushProvider; value: string; platform?: Platform; deviceName?: string }) {
    super();
  }
}

/** The caller's device wants none any more. @throws AppError not-found `notifications.push-token-not-found` */
export class RemovePushTokenCommand extends Command<void> {
  constructor(readonly pushTokenId: string) {
    super();
  }
}

/** What a provider's tokens are for, where the app does not say. */
const PLATFORM_OF: Record<PushProvider, Platform> = { fcm: 'unknown', apns: 'ios', web_push: 'web' };

@CommandHandler(PutPushTokenCommand)
export class PutPushTokenHandler implements ICommandHandler<PutPushTokenCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tokens: PushTokens,
    private readonly config: Config,
  ) {}

  async execute({ token }: PutPushTokenCommand): Promise<{ id: string }> {
    const { provider, platform = PLATFORM_OF[provider], deviceName = null } = token;
    const value = normalToken(provider, token.value);
    if (provider === 'web_push' && this.config.webPush) {
      const { endpoint } = JSON.parse(value) as WebSubscription;
      if (!isListedHost(endpoint, this.config.webPush.hosts)) throw pushServiceUnknown();
    }
    const { tenantId, principal } = currentContext();
    const { userId, sessionId } = principal;
    const sealed = await this.tokens.seal(tenantId!, {
      userId: userId!,
      sessionId: principal.apiKey ? null : sessionId,
      provider,
      platform,
      value,
      deviceName,
    });
    return this.uow.run(async (tx) => ({ id: await this.tokens.put(tx, sealed) }));
  }
}

@CommandHandler(RemovePushTokenCommand)
export class RemovePushTokenHandler implements ICommandHandler<RemovePushTokenCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tokens: PushTokens,
  ) {}

  async execute({ pushTokenId }: RemovePushTokenCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      if (!(await this.tokens.removeOwn(tx, currentContext().principal.userId!, pushTokenId)))
        throw pushTokenNotFound();
    });
  }
}
