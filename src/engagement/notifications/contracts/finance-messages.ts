/** What the letters about an organization's money need. */
export interface FinanceTemplateData {
  /**
   * A report that is mailed by itself. `<public URL>/report-mails/files/<fileToken>` is the file,
   * `<public URL>/report-mails/unsubscribe/<unsubscribeToken>` a page that asks before it does anything.
   */
  'finance-report': {
    title: string;
    /** `2026-03-01` */
    firstDay: string;
    lastDay: string;
    format: 'csv' | 'pdf';
    fileToken: string;
    unsubscribeToken: string;
  };
}
