import { AppError, conflict, invalid, notFound } from '../../../kernel/errors/app-error';

export const accountNotFound = (): AppError =>
  notFound('organizations.account-not-found', 'No such corporate account.');
export const departmentNotFound = (): AppError => notFound('organizations.department-not-found', 'No such department.');
export const personNotFound = (): AppError =>
  notFound('organizations.person-not-found', 'No such person in a corporate account.');
export const ruleNotFound = (): AppError => notFound('organizations.rule-not-found', 'No such approval rule.');
export const approvalNotFound = (): AppError => notFound('organizations.approval-not-found', 'No such approval.');
export const expenseNotFound = (): AppError => notFound('organizations.expense-not-found', 'No such expense.');

export const nameTaken = (what: string): AppError =>
  conflict('organizations.name-taken', `There is a ${what} of this name already.`, {
    hint: 'Choose another name; upper and lower case do not tell names apart.',
  });

export const alreadyInAccount = (): AppError =>
  conflict('organizations.person-taken', 'This member belongs to a corporate account already.', {
    hint: 'A member can belong to one account; take the member out of the other one first.',
  });

export const departmentInUse = (): AppError =>
  conflict('organizations.department-in-use', 'This department has people, rules or departments beneath it.', {
    hint: 'Move them first.',
  });

export const departmentCycle = (): AppError =>
  conflict('organizations.department-cycle', 'A department cannot lie beneath itself.');

export const noCorporatePerson = (): AppError =>
  new AppError('organizations.no-corporate-person', 'forbidden', 'You belong to no corporate account of this shop.', {
    hint: 'The shop’s staff can add you to one.',
  });

export const noApprover = (): AppError =>
  conflict('organizations.no-approver', 'Nobody in your company could approve this.', {
    hint: 'Somebody other than you needs the role that the rule asks for, or manager or finance.',
  });

export const approvalOver = (state: string): AppError =>
  conflict('organizations.approval-over', `This approval is ${state} already.`, { state });

export const notYourApproval = (): AppError =>
  new AppError(
    'organizations.not-your-approval',
    'forbidden',
    'You are not asked to approve this, or may no longer do so.',
  );

export const ownApproval = (): AppError =>
  new AppError('organizations.own-approval', 'forbidden', 'Nobody approves what they asked for themselves.');

export const decidedAlready = (): AppError =>
  conflict('organizations.decided-already', 'You have decided this step already.');

export const expenseState = (state: string): AppError =>
  conflict('organizations.expense-state', `This expense is ${state}; only an approved one is reimbursed.`, { state });

export const financeOnly = (): AppError =>
  new AppError(
    'organizations.finance-only',
    'forbidden',
    'Only finance of the account may do this, and not for itself.',
  );

export const corporateInvalid = (pointer: string, detail: string): AppError =>
  invalid('organizations.corporate-invalid', detail, { errors: [{ pointer, code: 'corporate', detail }] });
