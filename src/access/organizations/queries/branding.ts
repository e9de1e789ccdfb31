import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Config } from '../../../kernel/config/config';
import { Database } from '../../../kernel/database/database';
import type { Transaction } from '../../../kernel/database/transaction';
import { currentContext } from '../../../kernel/context/request-context';
import { OriginAllowedQuery } from '../contracts/allowed-origin';
import { BrandingQuery, type Branding } from '../contracts/branding';
import { colorAdvice, DEFAULT_COLOR, type ColorAdvice, type StoredBranding } from '../domain/branding.policy';
import { proofName, proofText } from '../domain/domain-name';
import { organizationNotFound } from '../domain/organizations.errors';

const BRANDING = `select t.name, t.slug, t.branding as stored,
    (select d.host from organizations.domains d where d.tenant_id = t.tenant_id and d.state = 'verified' and d.is_primary) as host
  from organizations.tenants t where t.tenant_id = $1 and t.id = $1`;

@QueryHandler(BrandingQuery)
export class BrandingHandler implements IQueryHandler<BrandingQuery> {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  async execute({ tenantId }: BrandingQuery): Promise<Branding | null> {
    const [row] = await this.database.readAs<{
      name: string;
      slug: string;
      stored: StoredBranding;
      host: string | null;
    }>(tenantId, BRANDING, [tenantId]);
    if (!row) return null;
    const { name, slug, stored, host } = row;
    const primaryColor = stored.primaryColor ?? DEFAULT_COLOR;
    return {
      name,
      slug,
      tagline: stored.tagline ?? null,
      logoUrl: stored.logoUrl ?? null,
      primaryColor,
      textColor: colorAdvice(primaryColor).textColor,
      accentColor: stored.accentColor ?? primaryColor,
      senderName: stored.senderName ?? name,
      replyTo: stored.replyTo ?? null,
      publicUrl: host ? this.addressOf(host) : this.config.publicUrl,
    };
  }

  /** The same protocol and port as the installation's own address. */
  private addressOf(host: string): string {
    const url = new URL(this.config.publicUrl);
    url.hostname = host;
    return url.origin;
  }
}

/** How the context's organization looks, to its front ends and visitors. */
export class ShownBrandingQuery extends Query<Branding & { colors: ColorAdvice[] }> {}

@QueryHandler(ShownBrandingQuery)
export class ShownBrandingHandler implements IQueryHandler<ShownBrandingQuery> {
  constructor(private readonly branding: BrandingHandler) {}

  async execute(): Promise<Branding & { colors: ColorAdvice[] }> {
    const found = await this.branding.execute(new BrandingQuery(currentContext().tenantId!));
    if (!found) throw organizationNotFound();
    const used = [...new Set([found.primaryColor, found.accentColor])];
    return { ...found, colors: used.map(colorAdvice) };
  }
}

export interface DomainView {
  id: string;
  host: string;
  status: 'pending' | 'verified' | 'failed';
  isPrimary: boolean;
  /** The TXT record that proves the domain. */
  proof: { type: 'TXT'; name: string; value: string };
  checkedAt: Date | null;
  verifiedAt: Date | null;
  /** What the last look-up said. */
  fault: string | null;
  createdAt: Date;
}

type Row = Omit<DomainView, 'proof'> & { token: string };

const DOMAIN = `id, host, state as status, is_primary as "isPrimary", proof_token as token, checked_at as "checkedAt",
  verified_at as "verifiedAt", fault, created_at as "createdAt"`;

const viewOf = ({ token, ...row }: Row): DomainView => ({
  ...row,
  proof: { type: 'TXT', name: proofName(row.host), value: proofText(token) },
});

/** A domain as the open transaction sees it. */
export async function domainView(tx: Transaction, id: string): Promise<DomainView> {
  const rows = await tx.query<Row>(`select ${DOMAIN} from organizations.domains where tenant_id = $1 and id = $2`, [
    tx.tenantId,
    id,
  ]);
  return viewOf(rows[0]);
}

/** Domains of the context's organization; there are few. */
export class ListDomainsQuery extends Query<{ data: DomainView[] }> {}

@QueryHandler(ListDomainsQuery)
export class ListDomainsHandler implements IQueryHandler<ListDomainsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<{ data: DomainView[] }> {
    const rows = await this.database.read<Row>(
      `select ${DOMAIN} from organizations.domains where tenant_id = kernel.tenant_id() order by host`,
    );
    return { data: rows.map(viewOf) };
  }
}

@QueryHandler(OriginAllowedQuery)
export class OriginAllowedHandler implements IQueryHandler<OriginAllowedQuery> {
  constructor(private readonly database: Database) {}

  async execute({ origin, tenantId }: OriginAllowedQuery): Promise<boolean> {
    const rows = await this.database.readPlatform(
      `select from organizations.origins where origin = $1 and ($2::uuid is null or organization_id = $2) limit 1`,
      [origin, tenantId],
    );
    return rows.length > 0;
  }
}
