import { fcmAccountOf, TOGETHER } from './providers';
import type { Fault, Reading } from './read-settings';
import type { Setting } from './setting';
import { SETTINGS, type SettingName } from './settings';

function fault(name: SettingName, problem: string): Fault {
  const setting = SETTINGS[name] as Setting<unknown>;
  return { name, problem, expected: setting.expected, make: setting.make };
}

/** OWASP Password Storage: argon2id, 19 MiB and two passes at the least. */
const LEAST_HASH_KIB = 19_456;

/** Rules between settings. Settings that are already faulty count as given, so that nothing is reported twice. */
export function crossFaults({ mode, values, given }: Reading): Fault[] {
  const faults: Fault[] = [];
  if (mode === 'production') {
    for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
      const ownDatabase = name === 'DATABASE_URL' && values.MAINSTAY_EMBEDDED_DATABASE === true;
      if (setting.production === 'required' && !given.has(name) && !ownDatabase)
        faults.push(fault(name, 'is missing, production demands it'));
    }
  } else if (values.MAINSTAY_EMBEDDED_DATABASE === false && !given.has('DATABASE_URL')) {
    faults.push(fault('DATABASE_URL', 'is missing while MAINSTAY_EMBEDDED_DATABASE is false'));
  }
  if (mode !== 'test' && (values.MAINSTAY_HASH_MEMORY_KIB ?? LEAST_HASH_KIB) < LEAST_HASH_KIB)
    faults.push(
      fault(
        'MAINSTAY_HASH_MEMORY_KIB',
        `is less than ${LEAST_HASH_KIB}: passwords would be guessed from a stolen table`,
      ),
    );
  if (values.MAINSTAY_EMBEDDED_DATABASE === true && given.has('DATABASE_URL'))
    faults.push(fault('MAINSTAY_EMBEDDED_DATABASE', 'is true while DATABASE_URL is set: choose one'));
  if (given.has('MAINSTAY_OWNER_DATABASE_URL') && !given.has('DATABASE_URL'))
    faults.push(fault('MAINSTAY_OWNER_DATABASE_URL', 'is set without DATABASE_URL'));
  if (given.has('MAINSTAY_ADMIN_EMAIL') !== given.has('MAINSTAY_ADMIN_PASSWORD')) {
    const missing = given.has('MAINSTAY_ADMIN_EMAIL') ? 'MAINSTAY_ADMIN_PASSWORD' : 'MAINSTAY_ADMIN_EMAIL';
    faults.push(fault(missing, 'is missing: e-mail address and password of the first operator go together'));
  }
  for (const [names, together] of TOGETHER)
    if (names.some((name) => given.has(name)))
      for (const name of names.filter((one) => !given.has(one))) faults.push(fault(name, `is missing: ${together}`));
  const mail = (['SMTP_URL', 'SENDGRID_API_KEY', 'SES_REGION'] as const).filter((name) => given.has(name));
  for (const name of mail.slice(1)) faults.push(fault(name, `is set besides ${mail[0]}: mail goes one way`));
  if (values.FCM_SERVICE_ACCOUNT && !fcmAccountOf(values.FCM_SERVICE_ACCOUNT))
    faults.push(fault('FCM_SERVICE_ACCOUNT', 'is not the JSON of a service account key'));
  const storage = values.MAINSTAY_FILE_STORAGE;
  if (storage === 's3' && !given.has('S3_BUCKET'))
    faults.push(fault('S3_BUCKET', 'is missing while MAINSTAY_FILE_STORAGE is s3'));
  if (given.has('S3_ACCESS_KEY_ID') !== given.has('S3_SECRET_ACCESS_KEY')) {
    const missing = given.has('S3_ACCESS_KEY_ID') ? 'S3_SECRET_ACCESS_KEY' : 'S3_ACCESS_KEY_ID';
    faults.push(fault(missing, 'is missing: id and secret of the key go together'));
  }
  const azure = ['AZURE_STORAGE_CONNECTION_STRING', 'AZURE_STORAGE_CONTAINER'] as const;
  if (storage === 'azure' || azure.some((name) => given.has(name)))
    for (const name of azure.filter((one) => !given.has(one)))
      faults.push(fault(name, 'is missing: account and container of Azure Blob Storage go together'));
  return faults;
}

/** What is odd but not wrong, one sentence each. */
export function oddities({ mode, values }: Reading): string[] {
  const publicUrl = values.MAINSTAY_PUBLIC_URL;
  const local = publicUrl && /^(localhost|127\.|\[::1\]|.*\.localhost$)/.test(new URL(publicUrl).hostname);
  if (mode === 'production' && publicUrl?.startsWith('http:') && !local)
    return ['MAINSTAY_PUBLIC_URL is plain http: passwords and tokens travel unencrypted and cookies are not secure.'];
  const redirects = values.MAINSTAY_HTTPS_REDIRECT ?? mode === 'production';
  const serves = values.MAINSTAY_ROLES?.some((role) => role !== 'worker');
  if (serves && publicUrl?.startsWith('https:') && redirects && values.MAINSTAY_TRUSTED_PROXIES?.length === 0)
    return [
      'MAINSTAY_TRUSTED_PROXIES names no proxy: requests that the proxy of ' +
        'MAINSTAY_PUBLIC_URL took over https count as plain http and are redirected for ever. Name its address.',
    ];
  return [];
}
