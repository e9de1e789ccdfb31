import { Injectable } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';
import { KEEP_PRICES_DAYS, KEEP_REPORTS_DAYS } from '../domain/review';

/** Prices of years ago, and who reported what once it is settled. */
@Injectable()
export class PlacesRetention {
  constructor(rules: RetentionRules) {
    rules.keep({ name: 'location.place-prices', days: KEEP_PRICES_DAYS, routine: 'location.purge_place_prices' });
    rules.keep({
      name: 'location.place-review-reports',
      days: KEEP_REPORTS_DAYS,
      routine: 'location.purge_place_review_reports',
    });
  }
}
