import { Injectable } from '@nestjs/common';
import { FactorRepository } from '../../src/access/identity/data/factor.repository';
import { IdentityModule } from '../../src/access/identity/identity.module';
import type { Transaction } from '../../src/kernel/database/transaction';
import { raceCodes } from '../scenarios/code-races';
import { replaced } from './replaced';

/** Looks whether the code was used, and then notes that it is: the way everybody writes it first. */
@Injectable()
class ReadThenWrite extends FactorRepository {
  override async advanceStep(tx: Transaction, id: string, step: number): Promise<boolean> {
    const [row] = await tx.query<{ last: number | null }>(
      'select last_step as last from identity.factors where id = $1',
      [id],
    );
    if (row.last !== null && row.last >= step) return false;
    await tx.execute('update identity.factors set last_step = $2 where id = $1', [id, step]);
    return true;
  }

  override async useBackupCode(tx: Transaction, userId: string, hash: Buffer): Promise<boolean> {
    const rows = await tx.query<{ id: string }>(
      'select id from identity.backup_codes where user_id = $1 and code_hash = $2 and used_at is null',
      [userId, hash],
    );
    if (rows.length === 0) return false;
    await tx.execute('update identity.backup_codes set used_at = kernel.now() where id = $1', [rows[0].id]);
    return true;
  }
}

describe('naive: look whether a code was used, then note that it is', () => {
  it('must not accept a code twice', async () => {
    expect(await raceCodes(replaced(IdentityModule, FactorRepository, ReadThenWrite))).toEqual({
      totp: 1,
      backupCode: 1,
    });
  });
});
