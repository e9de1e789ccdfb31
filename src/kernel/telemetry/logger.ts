import pino from 'pino';
import { maybeContext } from '../context/request-context';

/** The process's logger: JSON lines; every line within a request carries its id. */
export const logger = pino({
  level: process.env.LOG_LEVEL || 'info',
  mixin: () => {
    const context = maybeContext();
    return context ? { requestId: context.requestId } : {};
  },
});
