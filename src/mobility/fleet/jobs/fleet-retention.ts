import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Trips tell where people were: they are kept two years, for costs and scores of the year before. */
const TRIP_DAYS = 730;
/** Levels of tanks show what refills and drops were made of, as long as somebody may ask. */
const LEVEL_DAYS = 180;

@Injectable()
export class FleetRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'fleet.trips', days: TRIP_DAYS, routine: 'fleet.purge_trips' });
    this.rules.keep({ name: 'fleet.idlings', days: TRIP_DAYS, routine: 'fleet.purge_idlings' });
    this.rules.keep({ name: 'fleet.fuel-levels', days: LEVEL_DAYS, routine: 'fleet.purge_fuel_levels' });
    this.rules.keep({ name: 'fleet.fuel-changes', days: TRIP_DAYS, routine: 'fleet.purge_fuel_changes' });
  }
}
