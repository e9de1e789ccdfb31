import { currentContext } from '../../../kernel/context/request-context';
import { alreadyVerifying } from '../domain/audit.errors';

/** Work that reads a whole trail: one of a tenant at a time in this process. */
export class OneAtATime {
  private readonly running = new Set<string>();

  /** @throws AppError 409 `audit.verification-running` */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const tenant = currentContext().tenantId ?? '';
    if (this.running.has(tenant)) throw alreadyVerifying();
    this.running.add(tenant);
    try {
      return await work();
    } finally {
      this.running.delete(tenant);
    }
  }
}
