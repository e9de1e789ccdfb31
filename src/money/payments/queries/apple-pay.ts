import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { currentContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { describeCertificate } from '../domain/apple-pay';
import { associationNotFound } from '../domain/payments.errors';

/** How a shop is set up for Apple Pay; the key is never shown. */
export interface ApplePayView {
  version: number;
  merchant: {
    merchantIdentifier: string;
    displayName: string;
    certificate: { subject: string; fingerprint: string; notAfter: string };
  } | null;
  association: boolean;
  changedAt: string | null;
}

export class FindApplePayQuery extends Query<ApplePayView> {}

/** The file that proves the shop's domains to Apple. @throws AppError not-found `payments.association-not-found` */
export class AssociationFileQuery extends Query<string> {}

interface Row {
  merchant_identifier: string | null;
  display_name: string | null;
  certificate: string | null;
  not_after: Date | null;
  association: boolean;
  version: number;
  updated_at: Date;
}

@QueryHandler(FindApplePayQuery)
export class FindApplePayHandler implements IQueryHandler<FindApplePayQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<ApplePayView> {
    const [row] = await this.database.read<Row>(
      `select merchant_identifier, display_name, certificate, not_after, association is not null as association, version, updated_at
       from payments.apple_pay where tenant_id = $1 and id = $1`,
      [currentContext().tenantId],
    );
    if (!row) return { version: 0, merchant: null, association: false, changedAt: null };
    const merchant = row.certificate && {
      merchantIdentifier: row.merchant_identifier!,
      displayName: row.display_name!,
      certificate: { ...describeCertificate(row.certificate), notAfter: row.not_after!.toISOString() },
    };
    const { version, association } = row;
    return { version, merchant: merchant || null, association, changedAt: row.updated_at.toISOString() };
  }
}

@QueryHandler(AssociationFileQuery)
export class AssociationFileHandler implements IQueryHandler<AssociationFileQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<string> {
    const { tenantId } = currentContext();
    const [row] = tenantId
      ? await this.database.read<{ association: string | null }>(
          `select association from payments.apple_pay where tenant_id = $1 and id = $1`,
          [tenantId],
        )
      : [];
    if (!row?.association) throw associationNotFound();
    return row.association;
  }
}
