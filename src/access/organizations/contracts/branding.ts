import { Query } from '@nestjs/cqrs';

/** What an organization looks like to people, defaults filled in. */
export interface Branding {
  name: string;
  slug: string;
  tagline: string | null;
  /** https; null without a logo. */
  logoUrl: string | null;
  /** `#rrggbb` */
  primaryColor: string;
  /** What is read best on it: `#000000` or `#ffffff`. */
  textColor: string;
  accentColor: string;
  /** Name in the From line of mails. */
  senderName: string;
  /** Where answers to mails go, or null. */
  replyTo: string | null;
  /** Where people reach it, without a trailing slash: its own proven domain, or the installation's address. */
  publicUrl: string;
}

/** How an organization looks, or null when there is none. Suspended ones too: their last mails are theirs. */
export class BrandingQuery extends Query<Branding | null> {
  constructor(readonly tenantId: string) {
    super();
  }
}
