/** Errors of looking a name up and of connecting, which nothing was sent before. */
const UNREACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** These are told of connections that stood as well. */
const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH']);

/** True where an error of Node's sockets says that no connection was made: nothing can have been sent. */
export const neverConnected = (error: { code?: string; syscall?: string } | undefined): boolean =>
  UNREACHED.has(error?.code ?? '') || (UNREACHABLE.has(error?.code ?? '') && error?.syscall === 'connect');
