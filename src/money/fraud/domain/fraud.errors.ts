import { conflict, invalid, notFound, type AppError } from '../../../kernel/errors/app-error';
import type { ConditionFault } from './condition';

export const ruleNotFound = (): AppError => notFound('fraud.rule-not-found', 'No such rule.');
export const entryNotFound = (): AppError => notFound('fraud.list-entry-not-found', 'No such entry of a list.');
export const assessmentNotFound = (): AppError => notFound('fraud.assessment-not-found', 'No such assessment.');
export const reviewNotFound = (): AppError => notFound('fraud.review-not-found', 'No such review.');
export const modelNotFound = (): AppError => notFound('fraud.model-not-found', 'No such model.');

export const conditionInvalid = (faults: readonly ConditionFault[]): AppError =>
  invalid('fraud.condition-invalid', 'The condition of the rule cannot be judged.', {
    hint: 'GET /fraud/signals lists what can be compared, and how.',
    errors: faults.map(({ pointer, code, detail }) => ({ pointer: `/condition${pointer}`, code, detail })),
  });

export const ruleHasNoEffect = (): AppError =>
  invalid('fraud.rule-without-effect', 'A rule needs a weight other than 0, or a decision.', {
    errors: [{ pointer: '/weight', code: 'without-effect', detail: 'Give a weight or a decision.' }],
  });

export const ruleNameTaken = (): AppError => conflict('fraud.rule-name-taken', 'There is a rule of this name already.');

export const tooManyRules = (most: number): AppError =>
  conflict('fraud.too-many-rules', `A shop has at most ${most} rules.`, { hint: 'Delete those that are off.' });

export const entryInvalid = (detail: string): AppError =>
  invalid('fraud.list-entry-invalid', detail, {
    errors: [{ pointer: '/value', code: 'not-of-its-kind', detail }],
  });

export const entryExists = (list: string): AppError =>
  conflict('fraud.list-entry-exists', `This value is on a list already: ${list}.`, {
    hint: 'A value either allows or blocks; delete its entry first.',
    list,
  });

export const thresholdsDisordered = (): AppError =>
  invalid('fraud.thresholds-disordered', 'The thresholds must rise from challenge over review to block.', {
    errors: [{ pointer: '/reviewAt', code: 'disordered', detail: 'challengeAt <= reviewAt <= blockAt' }],
  });

export const reviewDecided = (state: string): AppError =>
  conflict('fraud.review-decided', `This review is ${state} already.`, { state });

export const assigneeUnknown = (): AppError =>
  invalid('fraud.assignee-unknown', 'Nobody of this id works in the organization.', {
    errors: [{ pointer: '/userId', code: 'unknown', detail: 'Give the id of a member who may review.' }],
  });

export const modelNotReady = (state: string): AppError =>
  conflict('fraud.model-not-ready', 'Only a model that is trained can give its signal.', { state });

export const trainingUnderWay = (): AppError =>
  conflict('fraud.training-under-way', 'A model is being trained already.');

export const tooFewLabels = (frauds: number, legitimate: number): AppError =>
  conflict('fraud.too-few-labels', 'Too little is known of what payments turned out to be.', {
    hint: 'Decide reviews, and say of payments what they were: PUT /fraud/assessments/{id}/label. Paid ones count as good after 60 days.',
    frauds,
    legitimate,
  });
