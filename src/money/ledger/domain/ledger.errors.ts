import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';

export const journalNotFound = (): AppError => notFound('ledger.journal-not-found', 'No such journal.');

export const unknownAccounts = (accounts: readonly { pointer: string; code: string; currency: string }[]): AppError =>
  invalid('ledger.unknown-account', 'There is no such account.', {
    hint: 'GET /ledger/accounts lists the accounts; POST /ledger/accounts opens a further one.',
    errors: accounts.map(({ pointer, code, currency }) => ({
      pointer,
      code: 'unknown-account',
      detail: `There is no account ${code} in ${currency}.`,
    })),
  });

export const unbalanced = (currency: string, total: bigint): AppError =>
  invalid('ledger.unbalanced', `Debits and credits in ${currency} differ.`, {
    hint: 'The debits of a journal equal its credits, in each currency by itself.',
    errors: [
      {
        pointer: '/lines',
        code: 'unbalanced',
        detail: `In ${currency} the debits are ${total > 0n ? 'greater' : 'smaller'} by ${total > 0n ? total : -total} minor units.`,
      },
    ],
  });

export const tooFewLines = (): AppError =>
  invalid('ledger.too-few-lines', 'A journal has at least two lines.', {
    errors: [{ pointer: '/lines', code: 'too-few', detail: 'Give at least one debit and one credit.' }],
  });

export const tooManyLines = (most: number): AppError =>
  invalid('ledger.too-many-lines', `A journal has at most ${most} lines.`);

export const accountExists = (code: string, currency: string): AppError =>
  conflict('ledger.account-exists', `There is an account ${code} in ${currency} already.`);

/** A guarded account would fall below zero. */
export const insufficientBalance = (code: string, currency: string): AppError =>
  conflict('ledger.insufficient-balance', `The account ${code} in ${currency} has not that much.`, {
    account: code,
    currency,
  });

export const notPending = (): AppError =>
  conflict('ledger.not-pending', 'This journal is not pending.', {
    hint: 'Only a journal of kind pending is posted or voided; what is posted is reversed.',
  });

export const alreadyResolved = (): AppError =>
  conflict('ledger.already-resolved', 'This journal was posted or voided already.');

export const exceedsPending = (code: string, currency: string): AppError =>
  conflict('ledger.exceeds-pending', `More would be posted to ${code} in ${currency} than is pending.`, {
    account: code,
    currency,
  });

export const notReversible = (): AppError =>
  conflict('ledger.not-reversible', 'This journal cannot be reversed.', {
    hint: 'A pending one is voided; a void and a reversal have nothing to reverse: post a new journal.',
  });

export const suspenseNotFound = (): AppError =>
  notFound('ledger.suspense-not-found', 'No such movement waits for an explanation.');

export const suspenseResolved = (account: string): AppError =>
  conflict('ledger.suspense-resolved', `It was explained already, by account ${account}.`, {
    account,
    hint: 'Reverse its journal, and post another one by hand.',
  });

export const alreadyReversed = (): AppError =>
  conflict('ledger.already-reversed', 'This journal was reversed already.');

export const periodInvalid = (parameter: string, detail: string): AppError =>
  invalid('ledger.period-invalid', 'This is no period that can be reported on.', {
    hint: 'Give from and to as dates or RFC 3339 times; to is the first moment that does not count.',
    errors: [{ pointer: parameter, code: 'period-invalid', detail }],
  });

export const groupingInvalid = (known: readonly string[]): AppError =>
  invalid('ledger.grouping-invalid', 'A report is grouped by one period and one other thing at most.', {
    hint: `This one is grouped by ${known.join(', ')}.`,
    errors: [{ pointer: 'groupBy', code: 'grouping-invalid', detail: `Give one period and one of the others.` }],
  });

export const reportTooLong = (most: number): AppError =>
  invalid('ledger.report-too-long', `The report would have more than ${most} rows.`, {
    hint: 'Ask for a shorter period or a coarser grouping; CSV holds more rows than PDF.',
  });

export const scheduleNotFound = (): AppError =>
  notFound('ledger.report-schedule-not-found', 'No such schedule of a report.');

export const scheduleInvalid = (pointer: string, detail: string): AppError =>
  invalid('ledger.report-schedule-invalid', 'A report cannot be mailed like this.', {
    errors: [{ pointer, code: 'invalid', detail }],
  });

export const linkInvalid = (): AppError =>
  notFound('ledger.report-link-not-found', 'This link is not valid any more.', {
    hint: 'The report itself is there under /finance/reports for whoever may read it.',
  });
