import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Database } from '../../../kernel/database/database';
import { FindRouteJobQuery, type RouteJobFacts } from '../contracts/route-plans';
import { routeJobNotFound } from '../domain/route.errors';

type Row = Omit<RouteJobFacts, 'createdAt' | 'startedAt' | 'finishedAt'> & {
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

@QueryHandler(FindRouteJobQuery)
export class FindRouteJobHandler implements IQueryHandler<FindRouteJobQuery> {
  constructor(private readonly database: Database) {}

  async execute({ id }: FindRouteJobQuery): Promise<RouteJobFacts> {
    const [row] = await this.database.read<Row>(
      `select id, state, progress, solution, failure, created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt"
       from location.route_jobs where tenant_id = kernel.tenant_id() and id = $1`,
      [id],
    );
    if (!row) throw routeJobNotFound();
    return {
      ...row,
      // Plans of former releases do not say who made them.
      solution: row.solution && { ...row.solution, plannedBy: row.solution.plannedBy ?? 'mainstay' },
      createdAt: row.createdAt.toISOString(),
      startedAt: row.startedAt?.toISOString() ?? null,
      finishedAt: row.finishedAt?.toISOString() ?? null,
    };
  }
}
