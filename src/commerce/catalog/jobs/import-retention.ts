import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Days for which reports of imports are kept, and uploads that nobody brought to their end. */
const REPORT_DAYS = 90;
const UPLOAD_DAYS = 1;

@Injectable()
export class ImportRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'catalog.imports', days: REPORT_DAYS, routine: 'catalog.purge_imports' });
    this.rules.keep({ name: 'catalog.uploads', days: UPLOAD_DAYS, routine: 'catalog.purge_uploads' });
  }
}
