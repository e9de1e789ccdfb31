import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';
import { KEEP_DAYS } from '../domain/route-job';
import { KEEP_OVERRIDES_DAYS } from '../domain/routing/limits';

/** Plans of routes hold addresses: they go when nobody fetches them any more, as do roads that were slow or closed once. */
@Injectable()
export class RouteJobRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'location.route-jobs', days: KEEP_DAYS, routine: 'location.purge_route_jobs' });
    this.rules.keep({
      name: 'location.road-overrides',
      days: KEEP_OVERRIDES_DAYS,
      routine: 'location.purge_road_overrides',
    });
  }
}
