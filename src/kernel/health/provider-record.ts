import { monotonicMs } from '../clock/monotonic';
import type { HealthContributor, HealthFinding } from './health.registry';

/** A failure counts until the provider answers again, or nothing was asked of it for so long (milliseconds). */
const COUNTS_MS = 600_000;

/**
 * One line of health about a provider that is asked while the product works: what became of this process's last call to it.
 * Health itself sends nothing. A failure degrades.
 */
export class ProviderRecord implements HealthContributor {
  readonly critical = false;
  private last: { at: number; failure: string | null } | null = null;

  /** @param title its name, as sentences about it begin */
  constructor(
    readonly name: string,
    private readonly title: string,
    private readonly nowMs: () => number = monotonicMs,
  ) {}

  /** It answered, be it with a refusal. */
  answered(): void {
    this.last = { at: this.nowMs(), failure: null };
  }

  /** @param failure completes "<title> …"; anyone may read it */
  failed(failure = 'gave no readable answer'): void {
    this.last = { at: this.nowMs(), failure };
  }

  readonly check = (): Promise<HealthFinding> => Promise.resolve(this.found());

  private found(): HealthFinding {
    if (!this.last) return { message: `${this.title} is configured; nothing was asked of it since the start.` };
    const { at, failure } = this.last;
    const age = this.nowMs() - at;
    const ago = age < 120_000 ? `${Math.round(age / 1_000)} s ago` : `${Math.round(age / 60_000)} min ago`;
    if (failure === null) return { message: `${this.title} answered ${ago}.` };
    const message = `${this.title} ${failure}, ${ago}.`;
    return age < COUNTS_MS ? { status: 'degraded', message } : { message };
  }
}
