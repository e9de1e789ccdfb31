import type { SettingName, SettingValues } from './settings';

/** Providers of mail by HTTP and of push messages; null where one is not set up. */
export interface Providers {
  /** SendGrid's HTTP API for mail; null without a key. `webhookKey` is base64 DER. */
  sendgrid: { apiKey: string; apiBase: string; webhookKey: string | null } | null;
  /** Amazon SES for mail; null without a region. */
  ses: {
    region: string;
    accessKeyId: string;
    secretAccessKey: string;
    apiBase: string | null;
    configurationSet: string | null;
    topicArn: string | null;
    /** Null: the hosts of Amazon. */
    snsApiBase: string | null;
  } | null;
  /** Firebase Cloud Messaging; null without a service account. */
  fcm: { account: FcmAccount; apiBase: string; messagesPerMinute: number } | null;
  /** Apple's push service; null without a key. `key` and `ca` are PEM. */
  apns: {
    key: string;
    keyId: string;
    teamId: string;
    topic: string;
    apiBase: string;
    ca: string | null;
  } | null;
  /** Web Push; null without keys. */
  webPush: {
    publicKey: string;
    privateKey: string;
    subject: string;
    hosts: readonly string[];
    ca: string | null;
  } | null;
}

/** Settings that are given all or not at all. */
export const TOGETHER: [SettingName[], string][] = [
  [
    ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
    'account, token and sender of text messages go together',
  ],
  [['SES_REGION', 'SES_ACCESS_KEY_ID', 'SES_SECRET_ACCESS_KEY'], 'region and access key of SES go together'],
  [
    ['APNS_KEY', 'APNS_KEY_ID', 'APNS_TEAM_ID', 'APNS_TOPIC'],
    'key, its id, team and topic of Apple’s push service go together',
  ],
  [['VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY'], 'both keys of Web Push go together'],
];

/** What is needed of a service account's key. */
export interface FcmAccount {
  projectId: string;
  clientEmail: string;
  /** PEM. */
  privateKey: string;
  privateKeyId: string | null;
  tokenUri: string;
}

/** Reads a key file as Google gives it out; null where it is none. */
export function fcmAccountOf(json: string): FcmAccount | null {
  let read: Record<string, unknown>;
  try {
    read = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { project_id, client_email, private_key, private_key_id, token_uri } = read ?? {};
  const tokenUri = token_uri ?? 'https://oauth2.googleapis.com/token';
  if (typeof tokenUri !== 'string' || !/^https?:\/\//.test(tokenUri) || !URL.canParse(tokenUri)) return null;
  if (typeof project_id !== 'string' || !/^[a-z0-9:.-]{1,60}$/.test(project_id)) return null;
  if (typeof client_email !== 'string' || typeof private_key !== 'string' || !private_key.includes('PRIVATE KEY'))
    return null;
  return {
    projectId: project_id,
    clientEmail: client_email,
    privateKey: private_key,
    privateKeyId: typeof private_key_id === 'string' ? private_key_id : null,
    tokenUri,
  };
}

/** The providers of mail by HTTP and of push messages, each null where it is not set up. */
export function pushAndMail(values: SettingValues, mailFrom: string): Providers {
  const { SENDGRID_API_KEY: apiKey, SES_REGION: region, FCM_SERVICE_ACCOUNT: account, APNS_KEY: key } = values;
  const { VAPID_PUBLIC_KEY: publicKey, VAPID_PRIVATE_KEY: privateKey } = values;
  const mailAddress = /<([^>]+)>/.exec(mailFrom)?.[1] ?? mailFrom;
  return {
    sendgrid: apiKey
      ? { apiKey, apiBase: values.SENDGRID_API_BASE!, webhookKey: values.SENDGRID_WEBHOOK_KEY ?? null }
      : null,
    ses: region
      ? {
          region,
          accessKeyId: values.SES_ACCESS_KEY_ID!,
          secretAccessKey: values.SES_SECRET_ACCESS_KEY!,
          apiBase: values.SES_API_BASE ?? null,
          configurationSet: values.SES_CONFIGURATION_SET ?? null,
          topicArn: values.SES_TOPIC_ARN ?? null,
          snsApiBase: values.SNS_API_BASE ?? null,
        }
      : null,
    fcm: account
      ? {
          account: fcmAccountOf(account)!,
          apiBase: values.FCM_API_BASE!,
          messagesPerMinute: values.FCM_MESSAGES_PER_MINUTE!,
        }
      : null,
    apns: key
      ? {
          key,
          keyId: values.APNS_KEY_ID!,
          teamId: values.APNS_TEAM_ID!,
          topic: values.APNS_TOPIC!,
          apiBase: values.APNS_API_BASE!,
          ca: values.APNS_CA ?? null,
        }
      : null,
    webPush:
      publicKey && privateKey
        ? {
            publicKey,
            privateKey,
            subject: values.VAPID_SUBJECT ?? `mailto:${mailAddress}`,
            hosts: values.WEB_PUSH_HOSTS!,
            ca: values.WEB_PUSH_CA ?? null,
          }
        : null,
  };
}
