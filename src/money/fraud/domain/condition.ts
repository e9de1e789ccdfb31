import {
  describeLeaf,
  isSignal,
  OPERATORS,
  signalType,
  type Operator,
  type SignalValue,
  type Signals,
} from './signals';

export interface Leaf {
  signal: string;
  op: Operator;
  /** A list for `in` and `not_in`, else one value. */
  value: SignalValue | SignalValue[];
}

/** A condition over signals: data of the tenant, judged without running any code of its. */
export type Condition = Leaf | { all: Condition[] } | { any: Condition[] } | { not: Condition };

export interface ConditionFault {
  /** JSON pointer within the condition. */
  pointer: string;
  code: string;
  detail: string;
}

const MOST_DEPTH = 5;
const MOST_LEAVES = 50;
const MOST_VALUES = 500;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with a condition as it came from outside; empty when it is one. */
export function conditionFaults(given: unknown): ConditionFault[] {
  const faults: ConditionFault[] = [];
  let leaves = 0;
  const visit = (value: unknown, pointer: string, depth: number): void => {
    const fault = (code: string, detail: string, at = pointer): void => void faults.push({ pointer: at, code, detail });
    if (depth > MOST_DEPTH) return fault('too-deep', `A condition is nested at most ${MOST_DEPTH} deep.`);
    if (!isObject(value)) return fault('not-a-condition', 'Give an object: a comparison, all, any or not.');
    const keys = Object.keys(value);
    if (keys.length === 1 && (keys[0] === 'all' || keys[0] === 'any')) {
      const parts = value[keys[0]];
      if (!Array.isArray(parts) || parts.length === 0 || parts.length > MOST_LEAVES)
        return fault('not-a-list', `${keys[0]} holds 1 to ${MOST_LEAVES} conditions.`, `${pointer}/${keys[0]}`);
      parts.forEach((part, i) => visit(part, `${pointer}/${keys[0]}/${i}`, depth + 1));
      return;
    }
    if (keys.length === 1 && keys[0] === 'not') return visit(value.not, `${pointer}/not`, depth + 1);
    leaves += 1;
    if (leaves > MOST_LEAVES) return fault('too-many', `A condition has at most ${MOST_LEAVES} comparisons.`);
    leafFaults(value, keys, fault, pointer);
  };
  visit(given, '', 1);
  return faults.slice(0, 20);
}

type Complain = (code: string, detail: string, at?: string) => void;

function leafFaults(value: Record<string, unknown>, keys: string[], fault: Complain, pointer: string): void {
  const foreign = keys.find((key) => !['signal', 'op', 'value'].includes(key));
  if (foreign) return fault('unknown-member', `A comparison has signal, op and value, not ${foreign.slice(0, 40)}.`);
  const { signal, op, value: compared } = value;
  if (typeof signal !== 'string' || !isSignal(signal))
    return fault('unknown-signal', 'There is no such signal; GET /fraud/signals lists them.', `${pointer}/signal`);
  if (!OPERATORS.includes(op as Operator))
    return fault('unknown-operator', `op is one of ${OPERATORS.join(', ')}.`, `${pointer}/op`);
  const type = signalType(signal);
  const at = `${pointer}/value`;
  if (op === 'known') {
    if (typeof compared !== 'boolean') fault('wrong-type', 'known compares with true or false.', at);
    return;
  }
  if (['gt', 'gte', 'lt', 'lte'].includes(op as string) && type !== 'number')
    return fault('not-a-number', `${signal} is no number: compare it with eq, ne, in or not_in.`, `${pointer}/op`);
  const fits = (one: unknown): boolean =>
    typeof one === type && (typeof one !== 'number' || Number.isFinite(one)) && String(one).length <= 200;
  if (op === 'in' || op === 'not_in') {
    if (!Array.isArray(compared) || compared.length === 0 || compared.length > MOST_VALUES || !compared.every(fits))
      fault('wrong-type', `Give a list of 1 to ${MOST_VALUES} values of type ${type}.`, at);
  } else if (!fits(compared)) fault('wrong-type', `${signal} is compared with a ${type}.`, at);
}

/** Names of the signals that a condition asks for. */
export function signalsOf(condition: Condition): string[] {
  if ('all' in condition) return condition.all.flatMap(signalsOf);
  if ('any' in condition) return condition.any.flatMap(signalsOf);
  if ('not' in condition) return signalsOf(condition.not);
  return [condition.signal];
}

const same = (actual: SignalValue, wanted: SignalValue): boolean =>
  typeof actual === 'string' && typeof wanted === 'string'
    ? actual.toLowerCase() === wanted.toLowerCase()
    : actual === wanted;

function holds({ signal, op, value }: Leaf, signals: Signals): boolean {
  const actual = signals[signal] ?? null;
  if (op === 'known') return (actual !== null) === value;
  if (actual === null) return false;
  const list = Array.isArray(value) ? value : [value];
  switch (op) {
    case 'eq':
    case 'in':
      return list.some((one) => same(actual, one));
    case 'ne':
    case 'not_in':
      return !list.some((one) => same(actual, one));
    case 'gt':
      return actual > list[0];
    case 'gte':
      return actual >= list[0];
    case 'lt':
      return actual < list[0];
    case 'lte':
      return actual <= list[0];
  }
}

/** Whether a condition holds, and in words why: one sentence for each comparison that made it hold. */
export function judge(condition: Condition, signals: Signals): { holds: boolean; because: string[] } {
  if ('not' in condition) {
    const { holds: inner } = judge(condition.not, signals);
    const because = signalsOf(condition.not).map((name) => describeLeaf(name, 'known', signals[name] ?? null, true));
    return inner ? { holds: false, because: [] } : { holds: true, because };
  }
  if ('all' in condition || 'any' in condition) {
    const parts = ('all' in condition ? condition.all : condition.any).map((part) => judge(part, signals));
    const met = parts.filter((part) => part.holds);
    const held = 'all' in condition ? met.length === parts.length : met.length > 0;
    return { holds: held, because: held ? [...new Set(met.flatMap(({ because }) => because))] : [] };
  }
  if (!holds(condition, signals)) return { holds: false, because: [] };
  const { signal, op, value } = condition;
  return { holds: true, because: [describeLeaf(signal, op, signals[signal] ?? null, value)] };
}
