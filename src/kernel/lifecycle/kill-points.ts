import { logger } from '../telemetry/logger';

/**
 * Named points between the transactions of a process with several steps. Outside production, and only when
 * `MAINSTAY_KILL_POINT` names the point, the process ends itself there as hard as a power cut would: tests then start
 * it again and look at what is left. Everywhere else this does nothing.
 */
export function reach(name: string): void {
  if (process.env.NODE_ENV === 'production' || process.env.MAINSTAY_KILL_POINT !== name) return;
  logger.warn({ killPoint: name }, 'kill point reached');
  process.kill(process.pid, 'SIGKILL');
}
