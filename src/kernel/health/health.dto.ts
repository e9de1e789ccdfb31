/** How one part of the product is. */
export class PartHealth {
  /** @example "database" */
  name!: string;
  /** `degraded`: it does not work as it should, but requests are answered. @example "up" */
  status!: 'up' | 'degraded' | 'down';
  /** True: without it requests cannot be answered. @example true */
  critical!: boolean;
  /** One line for people. @example "PostgreSQL 18.4" */
  message!: string;
}

/** How this process is, and each part of it. */
export class HealthReport {
  /** @example "up" */
  status!: 'up' | 'degraded' | 'down';
  /** @example "0.1.0" */
  version!: string;
  /** @example 3600 */
  uptimeSeconds!: number;
  /** Kernel time of the look, RFC 3339. @example "2026-03-01T12:00:00.000Z" */
  checkedAt!: string;
  parts!: PartHealth[];
}

/** Says that the process is alive. */
export class LivenessView {
  /** @example "up" */
  status!: 'up';
}

/** The product in a few words. */
export class StatusView {
  /** @example "Mainstay" */
  name!: string;
  /** @example "0.1.0" */
  version!: string;
  /** `degraded`: requests are answered, but something needs attention. @example "up" */
  status!: 'up' | 'degraded' | 'down';
  /** Kernel time, RFC 3339. @example "2026-03-01T12:00:00.000Z" */
  time!: string;
}
