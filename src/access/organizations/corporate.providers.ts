import { ApprovalDesk } from './commands/corporate-approval-desk';
import {
  DecideApprovalHandler,
  EscalateApprovalHandler,
  ExpireApprovalHandler,
  OrderApprovalHandler,
} from './commands/corporate-approvals';
import {
  AddRuleHandler,
  RemoveDepartmentHandler,
  RemoveRuleHandler,
  WriteAccountHandler,
  WriteDepartmentHandler,
  WritePersonHandler,
} from './commands/corporate-accounts';
import { DelegateHandler, ReimburseExpenseHandler, SubmitExpenseHandler } from './commands/corporate-own';
import { CorporateRepository } from './data/corporate.repository';
import { CorporateAccountsController } from './http/corporate-accounts.controller';
import { CorporateController } from './http/corporate.controller';
import { AccountHandler, ListAccountsHandler, ListPeopleHandler, OwnPlaceHandler } from './queries/corporate-accounts';
import { ApprovalHandler, ListApprovalsHandler } from './queries/corporate-approvals';
import { ExpenseHandler, ExportExpensesHandler, ListExpensesHandler } from './queries/corporate-expenses';
import { EscalateApproval, ExpireApproval } from './reactions/corporate-approval-timers';
import { MailWhenApprovalDecided, MailWhenApprovalRequested } from './reactions/corporate-mail';
import { CloseApprovalWhenOrderCancelled, OpenApprovalWhenOrderAwaits } from './reactions/corporate-orders';

/** Companies that buy: accounts, approvals, expenses. */
export const CORPORATE = {
  controllers: [CorporateAccountsController, CorporateController],
  providers: [
    CorporateRepository,
    ApprovalDesk,
    WriteAccountHandler,
    WriteDepartmentHandler,
    RemoveDepartmentHandler,
    WritePersonHandler,
    AddRuleHandler,
    RemoveRuleHandler,
    DelegateHandler,
    SubmitExpenseHandler,
    ReimburseExpenseHandler,
    DecideApprovalHandler,
    ExpireApprovalHandler,
    EscalateApprovalHandler,
    OrderApprovalHandler,
    ExpireApproval,
    EscalateApproval,
    OpenApprovalWhenOrderAwaits,
    CloseApprovalWhenOrderCancelled,
    MailWhenApprovalRequested,
    MailWhenApprovalDecided,
    ListAccountsHandler,
    AccountHandler,
    ListPeopleHandler,
    OwnPlaceHandler,
    ListApprovalsHandler,
    ApprovalHandler,
    ListExpensesHandler,
    ExpenseHandler,
    ExportExpensesHandler,
  ],
};
