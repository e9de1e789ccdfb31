import { conditionFaults, type Condition } from './condition';
import { conditionInvalid } from './fraud.errors';

/** @throws AppError invalid `fraud.condition-invalid` */
export function checkedCondition(condition: unknown): Condition {
  const faults = conditionFaults(condition);
  if (faults.length > 0) throw conditionInvalid(faults);
  return condition as Condition;
}
