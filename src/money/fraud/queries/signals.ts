import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { labelOf, OPERATORS, SIGNALS, USUAL_VELOCITIES, type Operator, type SignalType } from '../domain/signals';

/** A signal that rules may compare. */
export interface SignalFacts {
  name: string;
  label: string;
  type: SignalType;
  operators: Operator[];
}

/** Everything that rules may compare, and the pattern of what is counted. */
export class ListSignalsQuery extends Query<{ data: SignalFacts[]; velocityPattern: string }> {}

const OF_NUMBERS: readonly Operator[] = ['gt', 'gte', 'lt', 'lte'];
const operatorsOf = (type: SignalType): Operator[] =>
  OPERATORS.filter((op) => type === 'number' || !OF_NUMBERS.includes(op));

@QueryHandler(ListSignalsQuery)
export class ListSignalsHandler implements IQueryHandler<ListSignalsQuery> {
  execute(): Promise<{ data: SignalFacts[]; velocityPattern: string }> {
    const named = Object.entries(SIGNALS).map(([name, { label, type }]) => ({ name, label, type }));
    const counted = USUAL_VELOCITIES.map((name) => ({ name, label: labelOf(name), type: 'number' as const }));
    return Promise.resolve({
      data: [...named, ...counted].map((signal) => ({ ...signal, operators: operatorsOf(signal.type) })),
      velocityPattern:
        '(tries|amount|declines|cards|emails).(email|ip|device|account|address|card).<1-999>(m|h|d), at most 90d',
    });
  }
}
