import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Days for which it is kept what was mailed; a report can be made again from the journal at any time. */
const DAYS = 400;

/** Files of mailed reports go once nobody looks at them any more. */
@Injectable()
export class ReportRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'ledger.report-runs', days: DAYS, routine: 'ledger.purge_report_runs' });
  }
}
