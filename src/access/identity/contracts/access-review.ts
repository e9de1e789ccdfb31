import { Query } from '@nestjs/cqrs';

/** One way by which somebody had, or was denied, a permission. */
export interface Access {
  subject: { type: 'user' | 'team' | 'apiKey'; id: string };
  permission: string;
  effect: 'allow' | 'deny';
  /** Null for the role that the member had in the organization. */
  grantId: string | null;
  /** Roles from the given one to the one that names the permission; empty for a permission granted itself. */
  path: string[];
  resource: string | null;
  /** As the grant has it; whether it held is a matter of each request. */
  condition: object | null;
  validFrom: Date | null;
  validTo: Date | null;
}

export interface AccessReview {
  /** The instant it is about. */
  at: Date;
  data: Access[];
  /** There were more than `MOST_ACCESSES`: ask about less at once. */
  truncated: boolean;
}

export const MOST_ACCESSES = 10_000;

/**
 * Who had what in the context's organization at an instant (default: now), by permission, by subject, or both. Roles
 * are taken as they were then, the product's own as they are in this version. A team is a subject of its own; who was in
 * it is organizations' to tell. The caller has made sure that its asker may know.
 * @throws AppError invalid `identity.unknown-name` for what is no permission
 */
export class AccessReviewQuery extends Query<AccessReview> {
  constructor(
    readonly about: {
      permission?: string;
      subject?: { type: 'user' | 'team' | 'apiKey'; id: string };
      at?: Date;
    },
  ) {
    super();
  }
}
