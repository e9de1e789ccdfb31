import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { pushTokenNotFound } from '../domain/notifications.errors';
import { STALE_DAYS, type Platform, type PushProvider } from '../domain/push';

export interface PushTokenView {
  id: string;
  provider: PushProvider;
  platform: Platform;
  deviceName: string | null;
  state: 'active' | 'deactivated';
  /** Why it is deactivated: the provider's code. */
  stateReason: string | null;
  /** The device was not seen for a month. */
  stale: boolean;
  createdAt: Date;
  seenAt: Date;
}

/** What apps need to ask their push services for a token. */
export interface PushSetupView {
  /** Providers whose tokens can be pushed to here. */
  providers: PushProvider[];
  /** For `PushManager.subscribe({applicationServerKey})`; null where Web Push is not set up. */
  vapidPublicKey: string | null;
}

/** The caller's own devices, the one seen last first. */
export class OwnPushTokensQuery extends Query<{ data: PushTokenView[]; setup: PushSetupView }> {}

/** One of them. @throws AppError not-found `notifications.push-token-not-found` */
export class OwnPushTokenQuery extends Query<PushTokenView> {
  constructor(readonly pushTokenId: string) {
    super();
  }
}

const VIEW = `select id, provider, platform, device_name as "deviceName", state, state_reason as "stateReason", created_at as "createdAt",
    seen_at as "seenAt"
  from notifications.push_tokens where tenant_id = kernel.tenant_id() and user_id = $1`;

const view = (row: Omit<PushTokenView, 'stale'>): PushTokenView => ({
  ...row,
  stale: clock.nowMs() - row.seenAt.getTime() > STALE_DAYS * 86_400_000,
});

@QueryHandler(OwnPushTokensQuery)
export class OwnPushTokensHandler implements IQueryHandler<OwnPushTokensQuery> {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  async execute(): Promise<{ data: PushTokenView[]; setup: PushSetupView }> {
    const rows = await this.database.read<Omit<PushTokenView, 'stale'>>(`${VIEW} order by seen_at desc, id desc`, [
      currentContext().principal.userId,
    ]);
    const { fcm, apns, webPush } = this.config;
    const providers: [PushProvider, unknown][] = [
      ['fcm', fcm],
      ['apns', apns],
      ['web_push', webPush],
    ];
    return {
      data: rows.map(view),
      setup: {
        providers: providers.filter(([, isSetUp]) => isSetUp).map(([provider]) => provider),
        vapidPublicKey: webPush?.publicKey ?? null,
      },
    };
  }
}

@QueryHandler(OwnPushTokenQuery)
export class OwnPushTokenHandler implements IQueryHandler<OwnPushTokenQuery> {
  constructor(private readonly database: Database) {}

  async execute({ pushTokenId }: OwnPushTokenQuery): Promise<PushTokenView> {
    const rows = await this.database.read<Omit<PushTokenView, 'stale'>>(`${VIEW} and id = $2`, [
      currentContext().principal.userId,
      pushTokenId,
    ]);
    if (!rows[0]) throw pushTokenNotFound();
    return view(rows[0]);
  }
}
