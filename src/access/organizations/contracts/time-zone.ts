import { Query } from '@nestjs/cqrs';

/** The time zone (IANA) that an organization keeps its days in; UTC where it set none. */
export class TimeZoneQuery extends Query<string> {
  constructor(readonly tenantId: string) {
    super();
  }
}
