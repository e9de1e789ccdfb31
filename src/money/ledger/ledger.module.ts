import { Module } from '@nestjs/common';
import { BackfillLedgerHandler } from './commands/backfill-ledger';
import { Bookkeeper } from './commands/bookkeeper';
import { MailReportHandler } from './commands/mail-report';
import {
  ChangeReportScheduleHandler,
  CreateReportScheduleHandler,
  DeleteReportScheduleHandler,
  UnsubscribeFromReportHandler,
} from './commands/manage-report-schedules';
import { ResolveSuspenseHandler } from './commands/resolve-suspense';
import { ListSuspenseHandler } from './queries/list-suspense';
import { CreditDesk } from './commands/credit-desk';
import { CreditSpending } from './commands/credit-spending';
import { CREDIT_HANDLERS } from './commands/manage-credit';
import { SPENDING_HANDLERS } from './commands/spend-credit';
import { CreditRepository } from './data/credit.repository';
import { GiftCardRulesController, GiftCardsController } from './http/gift-cards.controller';
import { StoreCreditRulesController, StoreCreditsController } from './http/store-credits.controller';
import { CREDIT_QUERIES } from './queries/credits';
import { BookWhenCreditMoved, MoveCreditWhenCustomerMerged } from './reactions/book-credit';
import {
  EndGiftCardsWhenLinesCancelled,
  EndGiftCardsWhenOrderCancelled,
  IssueGiftCardsWhenOrderPaid,
} from './reactions/sell-gift-cards';
import { CreditDue, RemindOfCredit } from './reactions/credit-due';
import { OpenAccountHandler } from './commands/open-account';
import { PostManualJournalHandler, ResolveJournalHandler, ReverseJournalHandler } from './commands/post-manual-journal';
import { OrderBooks } from './commands/order-books';
import { Sealer } from './commands/sealer';
import { ReportLinks } from './adapters/report-links';
import { AccountRepository } from './data/account.repository';
import { JournalRepository } from './data/journal.repository';
import { ReportScheduleRepository } from './data/report-schedule.repository';
import { SaleRepository } from './data/sale.repository';
import { FinanceController } from './http/finance.controller';
import { LedgerController } from './http/ledger.controller';
import { ReportMailsPage } from './http/report-mails.page';
import { ReportSchedulesController } from './http/report-schedules.controller';
import { TellOfCreditEndsHandler } from './commands/tell-of-credit-ends';
import { CreditReminders } from './jobs/credit-reminders';
import { MakeReport } from './jobs/make-report';
import { ReportRetention } from './jobs/report-retention';
import { LedgerSealing } from './jobs/sealing';
import { FinanceReportHandler } from './queries/finance-report';
import { JournalReader } from './queries/journal-view';
import { ListAccountsHandler } from './queries/list-accounts';
import { FindJournalHandler, ListJournalsHandler } from './queries/list-journals';
import { ReportCells } from './queries/report-cells';
import {
  FindReportScheduleHandler,
  ListReportRunsHandler,
  ListReportSchedulesHandler,
  ReportFileHandler,
  ReportScheduleReader,
} from './queries/report-schedules';
import { TrialBalanceHandler } from './queries/trial-balance';
import { SealedLedgersHandler, VerifyLedgerHandler } from './queries/verify-ledger';
import {
  BookWhenOrderCancelled,
  BookWhenOrderFulfilled,
  BookWhenOrderLinesCancelled,
  BookWhenOrderPaid,
  BookWhenOrderShipped,
} from './reactions/book-orders';
import {
  BookWhenChargeUnused,
  BookWhenPaymentAuthorized,
  BookWhenPaymentCaptured,
  BookWhenPaymentPartlyCaptured,
  BookWhenPaymentVoided,
  BookWhenRefundReversed,
  BookWhenRefundSucceeded,
} from './reactions/book-payments';
import { BookWhenDisputeClosed, BookWhenDisputeFundsMoved } from './reactions/book-disputes';
import { BookWhenBalanceMoved } from './reactions/book-settlements';
import { ReportDue } from './reactions/report-due';
import { BookWhenStockMoved } from './reactions/book-stock';

/** Double entry: accounts, journals that are never changed, balances, their sealing. */
@Module({
  controllers: [
    LedgerController,
    FinanceController,
    ReportSchedulesController,
    ReportMailsPage,
    GiftCardsController,
    GiftCardRulesController,
    StoreCreditsController,
    StoreCreditRulesController,
  ],
  providers: [
    JournalRepository,
    AccountRepository,
    SaleRepository,
    Bookkeeper,
    OrderBooks,
    ResolveSuspenseHandler,
    ListSuspenseHandler,
    CreditRepository,
    CreditDesk,
    CreditSpending,
    ...CREDIT_HANDLERS,
    ...SPENDING_HANDLERS,
    ...CREDIT_QUERIES,
    BookWhenCreditMoved,
    MoveCreditWhenCustomerMerged,
    CreditDue,
    RemindOfCredit,
    TellOfCreditEndsHandler,
    CreditReminders,
    IssueGiftCardsWhenOrderPaid,
    EndGiftCardsWhenOrderCancelled,
    EndGiftCardsWhenLinesCancelled,
    BackfillLedgerHandler,
    Sealer,
    LedgerSealing,
    JournalReader,
    ReportCells,
    FinanceReportHandler,
    ReportScheduleRepository,
    ReportScheduleReader,
    ReportLinks,
    CreateReportScheduleHandler,
    ChangeReportScheduleHandler,
    DeleteReportScheduleHandler,
    UnsubscribeFromReportHandler,
    MailReportHandler,
    FindReportScheduleHandler,
    ListReportSchedulesHandler,
    ListReportRunsHandler,
    ReportFileHandler,
    ReportDue,
    MakeReport,
    ReportRetention,
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
    BookWhenPaymentAuthorized,
    BookWhenPaymentVoided,
    BookWhenPaymentCaptured,
    BookWhenPaymentPartlyCaptured,
    BookWhenChargeUnused,
    BookWhenRefundSucceeded,
    BookWhenRefundReversed,
    BookWhenDisputeFundsMoved,
    BookWhenDisputeClosed,
    BookWhenBalanceMoved,
    BookWhenStockMoved,
    BookWhenOrderPaid,
    BookWhenOrderFulfilled,
    BookWhenOrderShipped,
    BookWhenOrderLinesCancelled,
    BookWhenOrderCancelled,
  ],
})
export class LedgerModule {}
