import { choice, integer, secret, text, url } from './setting';

/** Logs, how long things are kept, metrics, and how processes end. */
export const OPERATION_SETTINGS = {
  LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
    doc: 'Least severity that is logged.',
    default: (mode) => (mode === 'test' ? 'warn' : 'info'),
    defaultDoc: '`info`',
    example: 'info',
  }),
  MAINSTAY_AUDIT_HEADS_FILE: text('a path', {
    doc: 'File to which the signed heads of the audit trails are appended, one JSON line each. On storage that administrators of the database cannot write, it shows when a trail was set back as a whole.',
    defaultDoc: 'none',
    example: '/var/log/mainstay-heads/heads.jsonl',
  }),
  MAINSTAY_LOG_FILE: text('a path', {
    doc: 'Also write the log to this file, rotated daily.',
    example: '/var/log/mainstay/mainstay.log',
  }),
  MAINSTAY_LOG_KEEP_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days for which rotated log files are kept.',
      default: 14,
      example: '14',
    },
  ),
  MAINSTAY_KEEP_MESSAGES_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days for which the contents of sent messages are kept; that one was sent is known for 400 days. Links and codes are forgotten as soon as they are sent.',
      default: 30,
      example: '30',
    },
  ),
  MAINSTAY_KEEP_FRAUD_DAYS: integer(
    { min: 90, max: 3650 },
    {
      doc: 'Days for which it is kept how payments were judged, with addresses and devices of shoppers.',
      default: 540,
      example: '540',
    },
  ),
  MAINSTAY_KEEP_PROVIDER_EVENTS_DAYS: integer(
    { min: 7, max: 3650 },
    {
      doc: 'Days for which webhooks of payment providers are kept once they are worked off.',
      default: 90,
      example: '90',
    },
  ),
  MAINSTAY_KEEP_DEAD_DELIVERIES_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days for which reactions and jobs that failed for good can be replayed.',
      default: 90,
      example: '90',
    },
  ),
  MAINSTAY_METRICS_TOKEN: secret('at least 16 characters', {
    doc: 'Bearer token with which a Prometheus server may read /metrics. Without one only operators may, outside development.',
    minLength: 16,
    make: 'openssl rand -hex 24',
    example: '',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http', 'https'], 'an http:// or https:// URL', {
    doc: 'OTLP/HTTP collector. Traces are made only when this is set.',
    example: 'http://127.0.0.1:4318',
  }),
  OTEL_SERVICE_NAME: text('a name', {
    doc: 'Name of this service in traces.',
    default: 'mainstay',
    example: 'mainstay',
  }),
  MAINSTAY_SHUTDOWN_SECONDS: integer(
    { min: 1, max: 600 },
    {
      doc: 'Seconds that requests and jobs get to finish after SIGTERM.',
      default: 10,
      example: '10',
    },
  ),
  MAINSTAY_JOB_LOCK_SECONDS: integer(
    { min: 1, max: 600 },
    {
      doc: 'Seconds without a sign of life after which the job of a worker is taken over by another.',
      default: 20,
      example: '20',
    },
  ),
  MAINSTAY_DISK_FREE_MIN_BYTES: integer(
    { min: 0, max: 1e15 },
    {
      doc: 'Readiness fails when the data folder has less free space than this, in bytes.',
      default: 100 * 1024 ** 2,
      example: '104857600',
    },
  ),
};
