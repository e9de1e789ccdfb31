import { Injectable } from '@nestjs/common';
import { Envelope } from '../../../kernel/crypto/envelope';
import type { SealPlace } from '../../../kernel/crypto/sealed';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import type { MerchantIdentity } from '../domain/apple-pay';

export interface ApplePayRow {
  merchant_identifier: string | null;
  display_name: string | null;
  certificate: string | null;
  sealed_key: string | null;
  not_after: Date | null;
  association: string | null;
  version: number;
  updated_at: Date;
}

const placeOf = (tenantId: string): SealPlace => ({
  tenantId,
  table: 'payments.apple_pay',
  column: 'sealed_key',
  rowId: tenantId,
});

/** A shop's identity at Apple, its key sealed, and the file that proves its domains. */
@Injectable()
export class ApplePayRepository {
  constructor(
    private readonly database: Database,
    private readonly envelope: Envelope,
  ) {}

  async find(tenantId: string): Promise<ApplePayRow | null> {
    const [row] = await this.database.readAs<ApplePayRow>(
      tenantId,
      `select merchant_identifier, display_name, certificate, sealed_key, not_after, association, version, updated_at
       from payments.apple_pay where tenant_id = $1 and id = $1`,
      [tenantId],
    );
    return row ?? null;
  }

  /** The identity with its key in the clear, or null where there is none. */
  async identity(tenantId: string): Promise<MerchantIdentity | null> {
    const row = await this.find(tenantId);
    if (!row?.certificate) return null;
    return {
      merchantIdentifier: row.merchant_identifier!,
      displayName: row.display_name!,
      certificate: row.certificate,
      privateKey: await this.envelope.open(placeOf(tenantId), row.sealed_key!),
    };
  }

  /** What is absent stays, null takes it away. @returns false where `expected` is not the last version any more */
  async save(
    tx: Transaction,
    changes: { identity?: (MerchantIdentity & { notAfter: Date }) | null; association?: string | null },
    expected: number | null,
  ): Promise<boolean> {
    const { identity, association } = changes;
    const sealed = identity ? await this.envelope.seal(placeOf(tx.tenantId), identity.privateKey) : null;
    const saved = await tx.execute(
      `insert into payments.apple_pay as p (tenant_id, id, merchant_identifier, display_name, certificate, sealed_key, not_after,
         association, updated_at)
       select $1, $1, $4, $5, $6, $7, $8, $9, kernel.now()
       where coalesce($10::int, 0) = 0 or exists (select from payments.apple_pay where tenant_id = $1)
       on conflict (tenant_id, id) do update set
         merchant_identifier = case when $2 then excluded.merchant_identifier else p.merchant_identifier end,
         display_name = case when $2 then excluded.display_name else p.display_name end,
         certificate = case when $2 then excluded.certificate else p.certificate end,
         sealed_key = case when $2 then excluded.sealed_key else p.sealed_key end,
         not_after = case when $2 then excluded.not_after else p.not_after end,
         association = case when $3 then excluded.association else p.association end,
         version = p.version + 1, updated_at = excluded.updated_at
       where $10::int is null or p.version = $10`,
      [
        tx.tenantId,
        identity !== undefined,
        association !== undefined,
        identity?.merchantIdentifier ?? null,
        identity?.displayName ?? null,
        identity?.certificate ?? null,
        sealed,
        identity?.notAfter ?? null,
        association ?? null,
        expected,
      ],
    );
    return saved === 1;
  }
}
