import { Query } from '@nestjs/cqrs';
import type { ListQuery, Page } from '../../../kernel/http/pagination';

/** A stretch of time in which a way to access gave the same. */
export interface AccessSpan {
  /** Within the period that was asked about. */
  from: Date;
  to: Date;
  /** Names of the catalogue, in alphabetical order. */
  permissions: string[];
}

/** One way by which somebody had, or was denied, access in a period. */
export interface AccessHeld {
  /** Of the grant, or of the standing as a member. */
  id: string;
  subject: {
    type: 'user' | 'team' | 'apiKey';
    id: string;
    /** As it is called now; null for teams and for what is gone. */
    name: string | null;
    email: string | null;
  };
  /** `membership`: the role that the member has in the organization. */
  by: 'membership' | 'grant';
  effect: 'allow' | 'deny';
  /** What was given: a role, or a permission by itself. */
  role: string | null;
  permission: string | null;
  /** `<type>/<id>`: about this one thing alone. */
  resource: string | null;
  /** As the grant has it; whether it held is a matter of each request. */
  condition: object | null;
  since: Date;
  /** Null: it has no end yet. */
  until: Date | null;
  /** What it gave, split where a role was changed. */
  spans: AccessSpan[];
}

export interface AccessPeriod {
  from: Date;
  /** Not before `from`; the same for an instant. */
  to: Date;
}

/**
 * Who had access to what in the context's organization within a period, a page at a time, by subject. Roles are taken
 * as they were then, the product's own as they are in this version. A page may hold fewer rows than its limit. The
 * caller has made sure that its asker may know.
 * @throws AppError invalid `identity.unknown-name` for what is no permission
 */
export class AccessReportQuery extends Query<Page<AccessHeld>> {
  constructor(
    readonly about: AccessPeriod & { permission?: string; userId?: string },
    readonly list: ListQuery,
  ) {
    super();
  }
}
