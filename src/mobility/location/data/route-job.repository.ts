import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import type { Transaction } from '../../../kernel/database/transaction';
import { newId } from '../../../kernel/ids/ids';
import type { RouteRequest } from '../domain/optimization/request';
import type { RouteJobState, RouteSolution } from '../contracts/route-plans';

/** Plans of routes that were asked for. */
@Injectable()
export class RouteJobRepository {
  /** How many wait or run; the organization's further requests wait until the commit. */
  async countOpen(tx: Transaction): Promise<number> {
    await this.takeTurns(tx);
    const [row] = await tx.query<{ open: number }>(
      `select count(*)::int as open from location.route_jobs where tenant_id = $1 and state in ('queued', 'active')`,
      [tx.tenantId],
    );
    return row.open;
  }

  /** The organization's other jobs: how many were asked for before this one and are not done, and is one being made? Two do not begin at once. */
  async others(tx: Transaction, id: string): Promise<{ ahead: number; busy: boolean }> {
    await this.takeTurns(tx);
    const [row] = await tx.query<{ ahead: number; busy: boolean }>(
      `select count(*) filter (where id < $2)::int as ahead,
         coalesce(bool_or(state = 'active' and heard_at >= kernel.now() - interval '5 minutes'), false) as busy
       from location.route_jobs where tenant_id = $1 and id <> $2 and state in ('queued', 'active')`,
      [tx.tenantId, id],
    );
    return row;
  }

  private async takeTurns(tx: Transaction): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended('location.route_jobs:' || $1, 0)) as taken`, [
      tx.tenantId,
    ]);
  }

  async open(tx: Transaction, request: RouteRequest): Promise<string> {
    const id = newId();
    await tx.execute(
      `insert into location.route_jobs (tenant_id, id, request, requested_by, created_at) values ($1, $2, $3, $4, kernel.now())`,
      [tx.tenantId, id, JSON.stringify(request), currentContext().principal.userId],
    );
    return id;
  }

  async lock(
    tx: Transaction,
    id: string,
  ): Promise<{ state: RouteJobState; attempt: number; silent: boolean; old: boolean } | null> {
    const [row] = await tx.query<{ state: RouteJobState; attempt: number; silent: boolean; old: boolean }>(
      `select state, attempt, coalesce(heard_at < kernel.now() - interval '5 minutes', false) as silent,
         created_at < kernel.now() - interval '1 day' as old
       from location.route_jobs where tenant_id = $1 and id = $2 for update`,
      [tx.tenantId, id],
    );
    return row ?? null;
  }

  /** Begins a try. @returns what is asked, and the number of the try by which it is told from others */
  async begin(tx: Transaction, id: string): Promise<{ request: RouteRequest; attempt: number }> {
    const [row] = await tx.query<{ request: RouteRequest; attempt: number }>(
      `update location.route_jobs set state = 'active', attempt = attempt + 1, progress = 0, heard_at = kernel.now(),
         started_at = coalesce(started_at, kernel.now())
       where tenant_id = $1 and id = $2 returning request, attempt`,
      [tx.tenantId, id],
    );
    return row;
  }

  /** Notes how far a try is. @returns whether it should go on */
  async note(tx: Transaction, id: string, attempt: number, progress: number): Promise<boolean> {
    const [row] = await tx.query<{ cancelled: boolean }>(
      `update location.route_jobs set progress = $4, heard_at = kernel.now()
       where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active' returning cancel_requested as cancelled`,
      [tx.tenantId, id, attempt, progress],
    );
    return row?.cancelled === false;
  }

  /**
   * Ends a try with a plan; cancelled where that was asked meanwhile, which alone ends it without one. Nothing where another
   * try has taken over.
   */
  async finish(tx: Transaction, id: string, attempt: number, solution: RouteSolution | null): Promise<void> {
    await tx.execute(
      `update location.route_jobs set state = case when cancel_requested then 'cancelled' else 'completed' end, solution = $4,
         progress = case when cancel_requested then progress else 100 end, finished_at = kernel.now()
       where tenant_id = $1 and id = $2 and attempt = $3 and state = 'active' and ($4::jsonb is not null or cancel_requested)`,
      [tx.tenantId, id, attempt, solution && JSON.stringify(solution)],
    );
  }

  async fail(tx: Transaction, id: string, attempt: number, failure: string): Promise<void> {
    await tx.execute(
      `update location.route_jobs set state = 'failed', failure = $4, finished_at = kernel.now()
       where tenant_id = $1 and id = $2 and attempt = $3 and state in ('queued', 'active')`,
      [tx.tenantId, id, attempt, failure],
    );
  }

  /** One that waits is cancelled, one that runs is asked to stop. */
  async cancel(tx: Transaction, id: string): Promise<void> {
    await tx.execute(
      `update location.route_jobs set cancel_requested = true,
         state = case when state = 'queued' then 'cancelled' else state end,
         finished_at = case when state = 'queued' then kernel.now() end
       where tenant_id = $1 and id = $2 and state in ('queued', 'active')`,
      [tx.tenantId, id],
    );
  }
}
