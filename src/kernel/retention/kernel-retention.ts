import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config';
import { RetentionRules } from './retention';

/** A day for which answers are replayed, and a day more. Each tenant's requests clear their own; this takes the rest. */
const ANSWERS_DAYS = 2;

/** What the kernel itself keeps: answers of idempotent requests, and deliveries that nobody replayed. */
@Injectable()
export class KernelRetention implements OnModuleInit {
  constructor(
    private readonly rules: RetentionRules,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'kernel.answers', days: ANSWERS_DAYS, routine: 'kernel.purge_answers' });
    const days = this.config.keepDeadDeliveriesDays;
    this.rules.keep({ name: 'kernel.dead-deliveries', days, routine: 'kernel.purge_dead_deliveries' });
  }
}
