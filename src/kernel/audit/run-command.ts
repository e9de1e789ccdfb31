import { maybeContext, runInContext } from '../context/request-context';
import { isUuid } from '../ids/ids';
import { span } from '../telemetry/tracing';
import { AuditScope } from './audit';
import type { Refusals } from './refusals';

/**
 * Runs a command with its name and the ids it names in the context. The outermost one opens the audit scope that the
 * unit of work writes from; when it fails, the refusal is audited before the caller hears of it.
 */
export async function runCommand<T>(command: object, execute: () => Promise<T>, refusals: Refusals): Promise<T> {
  const name = command.constructor.name.replace(/Command$/, '');
  const running = { name, target: idsOf(command) };
  const within = (): Promise<T> => span(`command ${name}`, running.target, execute);
  if (maybeContext()?.audit) return runInContext({ command: running }, within);
  const audit = new AuditScope(running);
  return runInContext({ command: running, audit }, async () => {
    try {
      return await within();
    } catch (error) {
      await refusals.refused(audit, error);
      throw error;
    }
  });
}

/** The ids among a command's own properties (`orderId`, ...): never anything personal. */
function idsOf(command: object): Record<string, string> {
  const ids: Record<string, string> = {};
  for (const [key, value] of Object.entries(command)) if (isUuid(value)) ids[key] = value;
  return ids;
}
