import type { AccessFacts } from '../auth/ports';
import type { Config } from '../config/config';

/**
 * Which origins' pages may read answers: those of the installation's settings, and those that any organization allows.
 * A preflight names no organization; whether the origin is one of the caller's own is decided by the guard.
 */
export class AllowedOrigins {
  private facts: () => AccessFacts | undefined = () => undefined;

  constructor(private readonly config: Config) {}

  /** Where organizations are asked, once the application is built; a process without identity has none. */
  ask(facts: () => AccessFacts): void {
    this.facts = () => {
      try {
        return facts();
      } catch {
        return undefined;
      }
    };
  }

  /** Exact matches only; `null`, which sandboxed and local pages send, is never one. */
  async allows(origin: string | undefined): Promise<boolean> {
    if (origin === undefined || origin === 'null') return false;
    if (this.config.corsOrigins.includes(origin)) return true;
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) return false;
    return ((await this.facts()?.organizationsOfOrigin(origin)) ?? []).length > 0;
  }
}
