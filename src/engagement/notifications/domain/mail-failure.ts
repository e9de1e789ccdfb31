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
