import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { BrandingQuery, type Branding } from '../../src/access/organizations/contracts/branding';

/** No organization says how its letters look. */
@QueryHandler(BrandingQuery)
export class NoBrand implements IQueryHandler<BrandingQuery> {
  async execute(): Promise<null> {
    return null;
  }
}

/** Each organization is one shop with a look of its own. */
@QueryHandler(BrandingQuery)
export class ShopName implements IQueryHandler<BrandingQuery> {
  async execute(): Promise<Branding> {
    return {
      name: 'Corner',
      slug: 'corner',
      tagline: null,
      logoUrl: null,
      primaryColor: '#0a5c9e',
      textColor: '#ffffff',
      accentColor: '#0a5c9e',
      senderName: 'Corner Shop',
      replyTo: null,
      publicUrl: 'https://shop.example.org',
    };
  }
}
