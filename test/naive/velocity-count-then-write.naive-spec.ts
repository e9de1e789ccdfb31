import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../src/kernel/database/transaction';
import { AssessmentRepository } from '../../src/money/fraud/data/assessment.repository';
import type { FraudPolicy } from '../../src/money/fraud/domain/fraud-policy';
import type { Gathered, TryKeys } from '../../src/money/fraud/domain/payment-try';
import { FraudModule } from '../../src/money/fraud/fraud.module';
import { cardRace, expectLimitHeld, velocityRace } from '../scenarios/velocity-race';
import { replaced } from './replaced';

/** Counts what is committed and goes on, without making equal shoppers wait for each other. */
@Injectable()
class CountThenWrite extends AssessmentRepository {
  override gather(
    tx: Transaction,
    keys: TryKeys,
    entries: readonly string[],
    policy: FraudPolicy,
    own: string | null = null,
  ): Promise<Gathered> {
    return super.gather(tx, keys, entries, { ...policy, exactKeys: [] }, own);
  }
}

describe('naive: count the tries, then write one more', () => {
  it('must not pass the limit', async () => {
    expectLimitHeld(await velocityRace(replaced(FraudModule, AssessmentRepository, CountThenWrite)));
  });

  it('must not pass the limit of a card', async () => {
    expectLimitHeld(await cardRace(replaced(FraudModule, AssessmentRepository, CountThenWrite)));
  });
});
