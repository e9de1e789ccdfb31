/** Why the embedded database could not be started; decides the exit code of the process. */
export type EmbeddedFault = 'busy' | 'not-permitted' | 'version' | 'unsupported' | 'failed';

/** A start of the embedded PostgreSQL that failed, in words for the person at the prompt. */
export class EmbeddedPostgresError extends Error {
  constructor(
    readonly fault: EmbeddedFault,
    message: string,
  ) {
    super(message);
    this.name = 'EmbeddedPostgresError';
  }
}
