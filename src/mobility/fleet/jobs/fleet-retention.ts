import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Trips tell where people were: they are kept two years, for costs and scores of the year before. */
const TRIP_DAYS = 730;

@Injectable()
export class FleetRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'fleet.trips', days: TRIP_DAYS, routine: 'fleet.purge_trips' });
  }
}
