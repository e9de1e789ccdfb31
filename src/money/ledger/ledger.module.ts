import { Module } from '@nestjs/common';
import { Bookkeeper } from './commands/bookkeeper';
import { OpenAccountHandler } from './commands/open-account';
import { PostManualJournalHandler, ResolveJournalHandler, ReverseJournalHandler } from './commands/post-manual-journal';
import { Sealer } from './commands/sealer';
import { AccountRepository } from './data/account.repository';
import { JournalRepository } from './data/journal.repository';
import { LedgerController } from './http/ledger.controller';
import { LedgerSealing } from './jobs/sealing';
import { JournalReader } from './queries/journal-view';
import { ListAccountsHandler } from './queries/list-accounts';
import { FindJournalHandler, ListJournalsHandler } from './queries/list-journals';
import { TrialBalanceHandler } from './queries/trial-balance';
import { SealedLedgersHandler, VerifyLedgerHandler } from './queries/verify-ledger';

/** Double entry: accounts, journals that are never changed, balances, their sealing. */
@Module({
  controllers: [LedgerController],
  providers: [
    JournalRepository,
    AccountRepository,
    Bookkeeper,
    Sealer,
    LedgerSealing,
    JournalReader,
    OpenAccountHandler,
    PostManualJournalHandler,
    ResolveJournalHandler,
    ReverseJournalHandler,
    ListAccountsHandler,
    ListJournalsHandler,
    FindJournalHandler,
    TrialBalanceHandler,
    VerifyLedgerHandler,
    SealedLedgersHandler,
  ],
})
export class LedgerModule {}
