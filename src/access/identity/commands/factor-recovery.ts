import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { FactorRecoveryClosed } from '../contracts/factor-events';
import { FactorRecoveryRepository } from '../data/factor-recovery.repository';
import { FactorRepository } from '../data/factor.repository';
import { SessionRepository } from '../data/session.repository';
import { recoveryIncomplete, recoveryNotOpen } from '../domain/factor.errors';
import { missingProofs } from '../domain/factor-recovery.policy';
import type { NewFactor } from './factor-enrolment';
import { FactorNews } from './factor-news';

interface Person {
  id: string;
  email: string;
  name: string;
}

/** How a recovery ends. In the caller's transaction, which has locked the user. */
@Injectable()
export class FactorRecovery {
  constructor(
    private readonly recoveries: FactorRecoveryRepository,
    private readonly factors: FactorRepository,
    private readonly sessions: SessionRepository,
    private readonly news: FactorNews,
  ) {}

  /**
   * Carried out: every former factor, backup code, trusted device and session is gone, and the new factor stands alone.
   * Until this moment the old factors work, so that a recovery that is not the owner's takes nothing away.
   * @throws AppError conflict when it was stopped meanwhile
   */
  async complete(tx: Transaction, person: Person, recoveryId: string, factor: NewFactor): Promise<void> {
    const recovery = await this.recoveries.openOf(tx, person.id);
    if (recovery?.id !== recoveryId) throw recoveryNotOpen();
    const missing = missingProofs(recovery, clock.now());
    if (missing.length > 0) throw recoveryIncomplete(missing, recovery.waitsUntil);
    await this.factors.removeAll(tx, person.id, factor.factorId);
    await this.factors.replaceBackupCodes(tx, person.id, []);
    await this.factors.forgetDevices(tx, person.id);
    await this.sessions.revokeAll(tx, person.id, 'factors-changed');
    await this.close(tx, person.id, recoveryId, 'completed');
    const { method, name, factorId } = factor;
    await this.news.changed(tx, person, { what: 'replaced-after-recovery', method, factor: name, factorId });
  }

  /** Stopped: by the owner, or because a factor was proven that was said to be lost. @returns false when none was open */
  async stop(tx: Transaction, userId: string): Promise<boolean> {
    const recovery = await this.recoveries.openOf(tx, userId);
    return recovery !== null && this.close(tx, userId, recovery.id, 'stopped');
  }

  private async close(
    tx: Transaction,
    userId: string,
    recoveryId: string,
    outcome: 'completed' | 'stopped',
  ): Promise<boolean> {
    if (!(await this.recoveries.close(tx, recoveryId, outcome))) return false;
    tx.record(new FactorRecoveryClosed(userId, { userId, recoveryId, outcome }));
    return true;
  }
}
