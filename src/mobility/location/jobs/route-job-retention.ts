import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';
import { KEEP_DAYS } from '../domain/route-job';

/** Plans of routes hold addresses: they go when nobody fetches them any more. */
@Injectable()
export class RouteJobRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'location.route-jobs', days: KEEP_DAYS, routine: 'location.purge_route_jobs' });
  }
}
