import { AppError } from '../../../kernel/errors/app-error';

/** 409: one check of a trail at a time; it reads every entry. */
export const alreadyVerifying = (): AppError =>
  new AppError('audit.verification-running', 'conflict', 'The trail is being verified already.', {
    hint: 'Wait for that answer, or use npx --no mainstay audit:verify.',
    retryAfterSeconds: 10,
  });

/** 400: a report or export over more time than is sensible at once. */
export const reversedPeriod = (): AppError =>
  new AppError('audit.period-invalid', 'invalid', 'The period ends before it begins.', {
    hint: 'Give from before to.',
    errors: [{ pointer: 'to', code: 'period', detail: 'must be after from' }],
  });
