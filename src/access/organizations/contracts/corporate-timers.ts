import { Command } from '@nestjs/cqrs';

/** Ends an approval whose time has run out; one that was decided stays. */
export class ExpireApprovalCommand extends Command<void> {
  constructor(
    readonly approvalId: string,
    /** The present, as its timer was told. */
    readonly now: Date,
  ) {
    super();
  }
}

/** Asks managers and finance too, any of whom may then decide a step alone; once for an approval. */
export class EscalateApprovalCommand extends Command<void> {
  constructor(readonly approvalId: string) {
    super();
  }
}
