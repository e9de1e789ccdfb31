import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { modelNotFound } from '../domain/fraud.errors';

export interface ModelFacts {
  id: string;
  version: number;
  status: 'training' | 'ready' | 'failed';
  /** It gives the signal `model.score`. */
  active: boolean;
  samples: number | null;
  frauds: number | null;
  tested: number | null;
  testedFrauds: number | null;
  /** Average precision on the tested tries, of the model and of the rules' score. */
  modelPrecision: number | null;
  rulesPrecision: number | null;
  createdAt: string;
  trainedAt: string | null;
}

/** The newest hundred models. */
export class ListModelsQuery extends Query<{ data: ModelFacts[] }> {}

/** @throws AppError not-found `fraud.model-not-found` */
export class FindModelQuery extends Query<ModelFacts> {
  constructor(readonly modelId: string) {
    super();
  }
}

const SELECT = `select id, version, state as status, active, samples, frauds, tested, tested_frauds as "testedFrauds",
  model_precision as "modelPrecision", rules_precision as "rulesPrecision", created_at as "createdAt", trained_at as "trainedAt"
  from fraud.models where tenant_id = kernel.tenant_id()`;

type Row = Omit<ModelFacts, 'createdAt' | 'trainedAt'> & { createdAt: Date; trainedAt: Date | null };

const viewOf = (row: Row): ModelFacts => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  trainedAt: row.trainedAt?.toISOString() ?? null,
});

@QueryHandler(ListModelsQuery)
export class ListModelsHandler implements IQueryHandler<ListModelsQuery> {
  constructor(private readonly database: Database) {}

  async execute(): Promise<{ data: ModelFacts[] }> {
    const rows = await this.database.read<Row>(`${SELECT} order by version desc limit 100`);
    return { data: rows.map(viewOf) };
  }
}

@QueryHandler(FindModelQuery)
export class FindModelHandler implements IQueryHandler<FindModelQuery> {
  constructor(private readonly database: Database) {}

  async execute({ modelId }: FindModelQuery): Promise<ModelFacts> {
    const [row] = await this.database.read<Row>(`${SELECT} and id = $1`, [modelId]);
    if (!row) throw modelNotFound();
    return viewOf(row);
  }
}
