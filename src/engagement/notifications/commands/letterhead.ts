import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { BrandingQuery, type Branding } from '../../../access/organizations/contracts/branding';
import { Config } from '../../../kernel/config/config';
import { PLATFORM_TENANT } from '../../../kernel/context/request-context';

/** What every template knows besides its own data. */
export interface LetterheadValues {
  /** Who it comes from, as people read it. */
  sender: string;
  /** Without a trailing slash. */
  publicUrl: string;
  /** How the organization looks; null for messages of the platform. */
  brand: Branding | null;
}

/** How messages look: as the organization, or as the product for messages of the platform. */
@Injectable()
export class Letterhead {
  constructor(
    private readonly queries: QueryBus,
    private readonly config: Config,
  ) {}

  async of(tenantId: string): Promise<LetterheadValues> {
    const brand = tenantId === PLATFORM_TENANT ? null : await this.queries.execute(new BrandingQuery(tenantId));
    return { sender: brand?.senderName ?? 'Mainstay', publicUrl: brand?.publicUrl ?? this.config.publicUrl, brand };
  }
}
