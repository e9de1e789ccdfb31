import { createInterface } from 'node:readline';
import { EXIT, ExitError } from '../start/exit';
import { UsageError, type CliContext } from './context';

/**
 * A password that is never an argument (arguments are seen by every user of the machine): the first line of stdin where
 * that was said, typed unseen on a terminal, else null.
 */
export async function askPassword(context: CliContext<never> | CliContext, fromStdin: boolean): Promise<string | null> {
  if (fromStdin) {
    const lines = createInterface({ input: process.stdin, terminal: false });
    for await (const line of lines) {
      lines.close();
      if (line !== '') return line;
      break;
    }
    throw new UsageError('The password was expected on stdin, and nothing came.');
  }
  if (!context.out.interactive || context.yes) return null;
  const { isCancel, password } = await import('@clack/prompts');
  const typed = await password({ message: 'Password (empty: make one)' });
  if (isCancel(typed)) throw new ExitError(EXIT.failed, 'Nothing was changed.');
  return typed ? typed : null;
}
