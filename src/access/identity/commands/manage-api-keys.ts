import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { canonicalRange } from '../../../kernel/auth/address-list';
import { AuthVersions } from '../../../kernel/auth/versions';
import { clock } from '../../../kernel/clock/clock';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { ResourceLimits } from '../../../kernel/limits/resource-limits';
import { ApiKey, KEY_DAYS, MOST_KEY_DAYS, MOST_KEYS, OVERLAP_HOURS, type KeyTerms } from '../domain/api-key';
import {
  apiKeyEnded,
  apiKeyExpiry,
  apiKeyNotFound,
  ownKeysOnly,
  scopeNotHeld,
  tooManyKeys,
} from '../domain/api-key.errors';
import { sessionWithoutUser } from '../domain/identity.errors';
import { beyond } from '../domain/key-scopes.policy';

const DAY_MS = 86_400_000;

/** What is asked of a key; absent values take their defaults. */
export interface KeyForm {
  name: string;
  scopes: string[];
  expiresAt?: Date;
  allowedAddresses?: string[];
  ratePerMinute?: number | null;
  quotaPerDay?: number | null;
}

/** A key with its secret, which is never told again. */
export interface KeyWithSecret {
  key: ApiKey;
  secret: string;
}

const environmentOf = ({ isProduction }: Config): 'live' | 'test' => (isProduction ? 'live' : 'test');

/** @throws AppError 403 for scopes that the caller does not hold: nobody grants what they do not have */
function requireHeld(scopes: string[]): void {
  const missing = beyond(scopes, currentContext().principal.policy);
  if (missing.length > 0) throw scopeNotHeld(missing);
}

function expiryOf(asked: Date | undefined, now: Date): Date {
  const expiresAt = asked ?? new Date(now.getTime() + KEY_DAYS * DAY_MS);
  if (expiresAt <= now || expiresAt.getTime() > now.getTime() + MOST_KEY_DAYS * DAY_MS)
    throw apiKeyExpiry(MOST_KEY_DAYS);
  return expiresAt;
}

const rangesOf = (texts: string[] = []): string[] => [...new Set(texts.map((text) => canonicalRange(text)!))];

/** Makes a key for the caller in the context's organization. */
export class CreateApiKeyCommand extends Command<KeyWithSecret> {
  constructor(readonly form: KeyForm) {
    super();
  }
}

@CommandHandler(CreateApiKeyCommand)
export class CreateApiKeyHandler implements ICommandHandler<CreateApiKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly config: Config,
    private readonly limits: ResourceLimits,
  ) {
    limits.register({
      name: 'apiKeys',
      count: `select count(*)::int as used from identity.api_keys
        where tenant_id = $1 and revoked_at is null and expires_at > kernel.now() and created_at >= $2`,
    });
  }

  async execute({ form }: CreateApiKeyCommand): Promise<KeyWithSecret> {
    const { userId } = currentContext().principal;
    if (!userId) throw sessionWithoutUser();
    requireHeld(form.scopes);
    const now = clock.now();
    const terms: KeyTerms = {
      name: form.name,
      scopes: [...new Set(form.scopes)],
      allowedAddresses: rangesOf(form.allowedAddresses),
      ratePerMinute: form.ratePerMinute ?? null,
      quotaPerDay: form.quotaPerDay ?? null,
      expiresAt: expiryOf(form.expiresAt, now),
    };
    return this.uow.run(async (tx) => {
      await this.limits.assertWithin(tx, 'apiKeys');
      const [{ keys }] = await tx.query<{ keys: number }>(
        `select count(*)::int as keys from identity.api_keys
         where tenant_id = $1 and revoked_at is null and expires_at > kernel.now()`,
        [tx.tenantId],
      );
      if (keys >= MOST_KEYS) throw tooManyKeys(MOST_KEYS);
      const made = ApiKey.make(userId, terms, environmentOf(this.config), now);
      await tx.store.insert(made.key);
      return made;
    });
  }
}

/** Gives the caller's key a new secret; the one before works on for a while, so that clients can change over. */
export class RotateApiKeyCommand extends Command<KeyWithSecret> {
  constructor(
    readonly keyId: string,
    readonly overlapHours: number = OVERLAP_HOURS,
  ) {
    super();
  }
}

@CommandHandler(RotateApiKeyCommand)
export class RotateApiKeyHandler implements ICommandHandler<RotateApiKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
    private readonly config: Config,
  ) {}

  async execute({ keyId, overlapHours }: RotateApiKeyCommand): Promise<KeyWithSecret> {
    return this.uow.run(async (tx) => {
      const key = await lockKey(tx, keyId);
      if (key.ownerId !== currentContext().principal.userId) throw ownKeysOnly();
      if (!key.isLive(clock.now())) throw apiKeyEnded();
      const secret = key.rotate(environmentOf(this.config), overlapHours, clock.now());
      await tx.store.update(key);
      await this.versions.bump(tx, key.id);
      return { key, secret };
    });
  }
}

/** Changes name, scopes, addresses or limits of a key; seen by every process within seconds. */
export class ChangeApiKeyCommand extends Command<ApiKey> {
  constructor(
    readonly keyId: string,
    readonly changes: Partial<KeyForm>,
  ) {
    super();
  }
}

@CommandHandler(ChangeApiKeyCommand)
export class ChangeApiKeyHandler implements ICommandHandler<ChangeApiKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ keyId, changes }: ChangeApiKeyCommand): Promise<ApiKey> {
    return this.uow.run(async (tx) => {
      const key = await lockKey(tx, keyId);
      if (key.revokedAt) throw apiKeyEnded();
      const { scopes, expiresAt, allowedAddresses, ...rest } = changes;
      const added = (scopes ?? []).filter((scope) => !key.scopes.includes(scope));
      // More rights for a key of somebody else's would be more rights by its owner.
      if (added.length > 0 && key.ownerId !== currentContext().principal.userId) throw ownKeysOnly();
      requireHeld(added);
      Object.assign(key, rest);
      if (scopes) key.scopes = [...new Set(scopes)];
      if (expiresAt) key.expiresAt = expiryOf(expiresAt, clock.now());
      if (allowedAddresses) key.allowedAddresses = rangesOf(allowedAddresses);
      await tx.store.update(key);
      await this.versions.bump(tx, key.id);
      return key;
    });
  }
}

/** Ends a key at once, on every process. */
export class RevokeApiKeyCommand extends Command<void> {
  constructor(readonly keyId: string) {
    super();
  }
}

@CommandHandler(RevokeApiKeyCommand)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKeyCommand> {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly versions: AuthVersions,
  ) {}

  async execute({ keyId }: RevokeApiKeyCommand): Promise<void> {
    await this.uow.run(async (tx) => {
      const key = await lockKey(tx, keyId);
      if (!key.revoke(clock.now())) return;
      await tx.store.update(key);
      await this.versions.bump(tx, key.id);
    });
  }
}

async function lockKey(tx: Transaction, keyId: string): Promise<ApiKey> {
  const key = await tx.store.load(ApiKey, keyId);
  if (!key) throw apiKeyNotFound();
  return key;
}
