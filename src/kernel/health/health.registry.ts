import { Injectable } from '@nestjs/common';

/** What a check found: `up`, or `degraded` with the reason for people; it throws for `down`. */
export interface HealthFinding {
  status?: 'up' | 'degraded';
  /** One line for people. Never a secret, never an address with credentials. */
  message?: string;
  [fact: string]: unknown;
}

/**
 * A part of the product that says how it is. Contexts and kernel parts register theirs in `onModuleInit` with
 * `HealthRegistry.add()`.
 */
export interface HealthContributor {
  /** Unique, kebab-case: `database`, `queues`, `mail`. */
  readonly name: string;
  /**
   * True: without it requests cannot be answered, and readiness turns to 503. False (providers such as mail): a failure
   * only degrades.
   */
  readonly critical: boolean;
  /** Looks; throws when down. Cut off after two seconds. */
  check(): Promise<HealthFinding>;
}

/** The contributors of this process. */
@Injectable()
export class HealthRegistry {
  private readonly contributors = new Map<string, HealthContributor>();
  private stopping = false;

  /** Adds or replaces a contributor. */
  add(contributor: HealthContributor): void {
    this.contributors.set(contributor.name, contributor);
  }

  get all(): HealthContributor[] {
    return [...this.contributors.values()];
  }

  /** Readiness says no from now on: load balancers take the process out before it ends. */
  drain(): void {
    this.stopping = true;
  }

  get isDraining(): boolean {
    return this.stopping;
  }
}
