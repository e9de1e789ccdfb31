import { conditionFaults } from '../../../kernel/auth/condition-faults';
import type { Condition } from '../../../kernel/auth/condition';
import type { FieldError } from '../../../kernel/errors/app-error';
import type { GrantTerms } from '../domain/grant';
import { grantInvalid } from '../domain/grant.errors';
import type { CreateGrantBody } from './grants.dto';

/** Largest condition as JSON (characters). */
const LONGEST_CONDITION = 8_000;

/**
 * What a body asks for. Shapes of single fields are checked already; here stands what they must be together.
 * @throws AppError 400 naming everything that does not fit
 */
export function grantTerms(body: CreateGrantBody): GrantTerms {
  const { subject, role, permission, effect, resource, reason } = body;
  const errors: FieldError[] = [];
  const say = (pointer: string, code: string, detail: string): number => errors.push({ pointer, code, detail });
  if ((role === undefined) === (permission === undefined)) {
    say('/role', 'one-of', 'Give either "role" or "permission".');
  }
  const validFrom = body.validFrom === undefined ? null : new Date(body.validFrom);
  const validTo = body.validTo === undefined ? null : new Date(body.validTo);
  if (validFrom && validTo && validFrom >= validTo) say('/validTo', 'order', '"validTo" must be after "validFrom".');
  if (resource !== undefined && permission !== undefined && permission !== '*') {
    const type = permission.slice(0, permission.indexOf(':'));
    if (!resource.startsWith(`${type}/`)) {
      say('/resource', 'resource', `The resource of this permission is "${type}": give ${type}/<id>.`);
    }
  }
  const condition = body.condition === undefined || body.condition === null ? null : body.condition;
  if (condition !== null) {
    errors.push(...conditionFaults(condition));
    if (errors.length === 0 && JSON.stringify(condition).length > LONGEST_CONDITION) {
      say('/condition', 'too-large', `At most ${LONGEST_CONDITION} characters.`);
    }
  }
  if (errors.length > 0) throw grantInvalid(errors);
  return {
    subject: { type: subject.type, id: subject.id.toLowerCase() },
    role: role ?? null,
    permission: permission ?? null,
    effect,
    resource: resource ?? null,
    condition: condition as Condition | null,
    validFrom,
    validTo,
    reason: reason ?? '',
  };
}
