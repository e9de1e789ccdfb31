import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Who took what is kept as long as claims about it come: two years; that it was delivered stays. */
const PROOF_DAYS = 730;

@Injectable()
export class DispatchRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'fleet.proofs', days: PROOF_DAYS, routine: 'fleet.purge_proofs' });
  }
}
