import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { SYSTEM } from '../../../kernel/auth/principal';
import { runInContext } from '../../../kernel/context/request-context';
import { Database } from '../../../kernel/database/database';
import { newId } from '../../../kernel/ids/ids';
import { RetentionRules } from '../../../kernel/retention/retention';
import { DropProofFilesCommand } from '../commands/drop-proof-files';

/** Who took what, and where, is kept as long as claims about it come: two years; that it was delivered stays. */
const PROOF_DAYS = 730;
/** Stops whose files are given back at once, and how often in a run; what is left goes with the next. */
const AT_ONCE = 200;
const MOST_BITES = 100;

@Injectable()
export class DispatchRetention implements OnModuleInit {
  constructor(
    private readonly rules: RetentionRules,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}

  onModuleInit(): void {
    const before = (days: number): Promise<void> => this.giveFilesBack(days);
    this.rules.keep({ name: 'fleet.proofs', days: PROOF_DAYS, routine: 'fleet.purge_proofs', before });
  }

  /** Of all organizations; a stop keeps the rest until its files are gone. */
  private async giveFilesBack(days: number): Promise<void> {
    for (let bite = 0; bite < MOST_BITES; bite++) {
      const stops = await this.database.readPlatform<{ tenantId: string; id: string }>(
        'select tenant_id as "tenantId", id from fleet.proofs_with_files($1, $2)',
        [days, AT_ONCE],
      );
      for (const tenantId of new Set(stops.map((stop) => stop.tenantId))) {
        const own = stops.filter((stop) => stop.tenantId === tenantId).map(({ id }) => id);
        await runInContext({ tenantId, principal: SYSTEM, requestId: newId() }, () =>
          this.commands.execute(new DropProofFilesCommand(own)),
        );
      }
      if (stops.length < AT_ONCE) return;
    }
  }
}
