import { runInContext } from '../kernel/context/request-context';
import { newId } from '../kernel/ids/ids';
import { EXIT, ExitError } from '../start/exit';
import type { CliContext } from './context';

/** The id of an organization by its slug. @throws ExitError 1 when there is none */
export async function tenantIdOf(context: Pick<CliContext, 'application'>, slug: string): Promise<string> {
  const app = await context.application();
  const { QueryBus } = await import('@nestjs/cqrs');
  const { FindOrganizationQuery } = await import('../access/organizations/contracts/find-organization.js');
  const found = await runInContext({ requestId: newId() }, () =>
    app.get(QueryBus, { strict: false }).execute(new FindOrganizationQuery({ slug })),
  );
  if (!found) throw new ExitError(EXIT.failed, `There is no organization "${slug}".`);
  return found.id;
}
