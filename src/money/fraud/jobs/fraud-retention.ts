import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../../kernel/config/config';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Days for which a lapsed entry of a list is still shown. */
const LAPSED_DAYS = 30;

/** Judgements hold personal data: they go, with their reviews, once they no longer help to judge. */
@Injectable()
export class FraudRetention implements OnModuleInit {
  constructor(
    private readonly rules: RetentionRules,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const days = this.config.keepFraudDays;
    this.rules.keep({ name: 'fraud.assessments', days, routine: 'fraud.purge_assessments' });
    this.rules.keep({ name: 'fraud.list-entries', days: LAPSED_DAYS, routine: 'fraud.purge_list_entries' });
  }
}
