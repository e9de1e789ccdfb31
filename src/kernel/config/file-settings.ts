import { boolean, choice, integer, matching, secret, text, url } from './setting';

/** Where uploaded files lie, how large they may be, and who looks at them. */
export const FILE_SETTINGS = {
  MAINSTAY_FILE_STORAGE: choice(['local', 's3', 'azure'], {
    doc: 'Where uploaded files are kept: in MAINSTAY_FILE_DIR, in a bucket that speaks S3 (Amazon, MinIO, Google Cloud Storage), or in Azure Blob Storage. Files remember where they lie: after a change the former storage must stay configured.',
    default: 'local',
    example: 's3',
  }),
  S3_BUCKET: matching('a name of a bucket', /^[A-Za-z0-9][A-Za-z0-9._-]{1,221}$/, {
    doc: 'Bucket of uploaded files. Nobody else may write to it, and nobody may read from it; a lifecycle rule should end incomplete uploads.',
    example: 'mainstay-files',
  }),
  S3_REGION: matching('a name of a region', /^[a-z0-9-]{1,60}$/, {
    doc: 'Region of the bucket; `auto` for Google Cloud Storage.',
    default: 'us-east-1',
    example: 'eu-central-1',
  }),
  S3_ENDPOINT: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of another maker than Amazon, such as https://storage.googleapis.com or a MinIO.',
    defaultDoc: 'Amazon',
    origin: true,
    example: 'https://minio.example.org',
  }),
  S3_ACCESS_KEY_ID: text('an id of a key', {
    doc: 'Key of the bucket; goes with S3_SECRET_ACCESS_KEY.',
    defaultDoc: 'what the machine has: its role, or the variables of AWS',
    example: 'AKIAIOSFODNN7EXAMPLE',
  }),
  S3_SECRET_ACCESS_KEY: secret('the secret of the key', {
    doc: 'Secret of that key.',
    minLength: 16,
    make: 'made with the key',
    example: '',
  }),
  S3_PATH_STYLE: boolean({
    doc: 'Name the bucket in the path and not in the host, as MinIO wants it.',
    default: false,
    example: 'true',
  }),
  AZURE_STORAGE_CONNECTION_STRING: secret('`DefaultEndpointsProtocol=...;AccountName=...;AccountKey=...`', {
    doc: 'Account of Azure Blob Storage; goes with AZURE_STORAGE_CONTAINER.',
    make: 'copied from the access keys of the storage account',
    example: '',
  }),
  AZURE_STORAGE_CONTAINER: matching('a name of a container', /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$/, {
    doc: 'Container of uploaded files.',
    example: 'mainstay-files',
  }),
  MAINSTAY_FILE_DIR: text('a path', {
    doc: 'Folder of uploaded files, outside of anything that a web server serves. Several processes must see the same one.',
    defaultDoc: '`files` in the data folder',
    example: '/var/lib/mainstay/files',
  }),
  MAINSTAY_FILE_LIMIT_BYTES: integer(
    { min: 1024, max: 50 * 1024 ** 3 },
    {
      doc: 'Largest file in bytes, however it is uploaded. A scanner must take as much (clamd: StreamMaxLength, MaxFileSize, MaxScanSize), or larger ones stay shut.',
      default: 100 * 1024 ** 2,
      example: '104857600',
    },
  ),
  MAINSTAY_IMAGE_LIMIT_PIXELS: integer(
    { min: 10_000, max: 1e9 },
    {
      doc: 'Largest picture in pixels, all frames of an animation together: what a small file may unfold to in memory.',
      default: 50_000_000,
      example: '50000000',
    },
  ),
  MAINSTAY_KEEP_UNATTACHED_FILES_DAYS: integer(
    { min: 1, max: 3650 },
    {
      doc: 'Days after which a file goes that nothing uses, unless it was uploaded to be kept.',
      default: 7,
      example: '7',
    },
  ),
  MAINSTAY_UPLOAD_HOURS: integer(
    { min: 1, max: 720 },
    {
      doc: 'Hours for which a resumable upload can be gone on with.',
      default: 24,
      example: '24',
    },
  ),
  CLAMD_URL: matching(
    '`tcp://host:port` or `unix:/path/to/clamd.ctl`',
    /^(?:tcp:\/\/(?:[\w.-]+|\[[0-9a-f:]+\]):\d{1,5}|unix:\/\S+)$/i,
    {
      doc: 'ClamAV, which looks through every upload before anybody can have it. While it is away uploads wait. Set AlertExceedsMax yes in clamd.conf: without it clamd calls clean what is too large for it.',
      defaultDoc: 'none',
      example: 'tcp://127.0.0.1:3310',
    },
  ),
  MAINSTAY_SCAN_TIMEOUT_MS: integer(
    { min: 100, max: 3_600_000 },
    {
      doc: 'Milliseconds after which a scan that has not ended counts as unanswered; the file waits and is scanned again.',
      default: 120_000,
      example: '120000',
    },
  ),
  MAINSTAY_UNSCANNED_FILES: choice(['allow', 'hold'], {
    doc: 'Without CLAMD_URL: `allow` hands files out that no virus scanner looked at (they say `scanned: false`), `hold` keeps them pending until a scanner is configured.',
    default: (mode) => (mode === 'production' ? 'hold' : 'allow'),
    defaultDoc: '`allow`; production `hold`',
    example: 'hold',
  }),
} as const;
