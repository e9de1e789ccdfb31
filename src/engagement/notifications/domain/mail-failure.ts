/** A message whose content is worth nothing any more, a one-time code say, is not sent. */
export class MessageLapsed extends Error {
  constructor() {
    super('The message was not sent in time, and is worth nothing any more.');
    this.name = 'MessageLapsed';
  }
}

/** What a mail server, or the way to it, said. */
interface SmtpFault {
  responseCode?: number;
  code?: string;
  message?: string;
}

/**
 * True when sending again cannot help: the server refused recipient or message for good (5xx). A refused login, a lost
 * connection, a timeout and 4xx answers pass.
 */
export function isPermanent(fault: unknown): boolean {
  if (fault instanceof MessageLapsed) return true;
  const { responseCode, code } = fault as SmtpFault;
  if (code === 'EAUTH' || code === 'ENOAUTH') return false;
  return (
    responseCode !== undefined &&
    responseCode >= 500 &&
    responseCode < 600 &&
    responseCode !== 530 &&
    responseCode !== 535
  );
}
