import { integer, list, matching, secret, url, type Setting } from './setting';

const plain = { doc: '', example: '' };

/** How people are reached: mail, text messages, push. */
export const MESSAGE_SETTINGS = {
  SMTP_URL: {
    ...url(['smtp', 'smtps'], 'smtp://user:password@host:587 or smtps://user:password@host:465', {
      doc: 'Mail server. Without one development keeps mail in the mailbox at /dev/mailbox, and production sends none and says so in its health.',
      example: 'smtp://user:CHANGE-ME@mail.example.org:587',
    }),
    secret: true,
  } as Setting<string>,
  MAINSTAY_MAIL_FROM: matching(
    '`name@host` or `Name <name@host>`',
    /^(?:[^<>@\r\n]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/,
    {
      doc: 'Sender of all mail.',
      defaultDoc: '`Mainstay <no-reply@<host of the public URL>>`',
      example: 'Shop <no-reply@example.org>',
    },
  ),
  MAIL_MESSAGES_PER_MINUTE: integer(
    { min: 1, max: 10_000_000 },
    {
      doc: 'Mails a minute that all processes together hand to the provider: what it allows. More of them wait; codes and other critical letters are counted and do not.',
      defaultDoc: 'no limit',
      example: '600',
    },
  ),
  SMS_MESSAGES_PER_MINUTE: integer(
    { min: 1, max: 10_000_000 },
    {
      doc: 'Text messages a minute that all processes together hand to the provider, as MAIL_MESSAGES_PER_MINUTE.',
      defaultDoc: 'no limit',
      example: '60',
    },
  ),
  TWILIO_ACCOUNT_SID: matching('`AC` and 32 hexadecimal digits', /^AC[0-9a-fA-F]{32}$/, {
    doc: 'Account at Twilio for text messages. Goes with TWILIO_AUTH_TOKEN and TWILIO_FROM. Without it development keeps text messages in the mailbox, and production offers none.',
    example: 'AC00000000000000000000000000000000',
  }),
  TWILIO_AUTH_TOKEN: secret('the token of the account', {
    doc: 'Token of the Twilio account.',
    minLength: 16,
    make: 'copied from the console of Twilio',
    example: '',
  }),
  TWILIO_FROM: matching(
    'a phone number, a messaging service (`MG...`) or a sender name',
    /^(?:\+[1-9]\d{4,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11})$/,
    {
      doc: 'Sender of text messages.',
      example: '+15005550006',
    },
  ),
  TWILIO_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the Twilio API, for a proxy or a double.',
    default: 'https://api.twilio.com',
    origin: true,
    example: 'https://api.twilio.com',
  }),
  SENDGRID_API_KEY: secret('an API key that may send mail', {
    doc: 'Mail by the HTTP API of SendGrid (v3) instead of SMTP. At most one of SMTP_URL, SENDGRID_API_KEY and SES_REGION.',
    minLength: 16,
    make: 'made in the console of SendGrid, with the right "Mail Send" alone',
    example: '',
  }),
  SENDGRID_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the SendGrid API, for a proxy, a double, or the region EU.',
    default: 'https://api.sendgrid.com',
    origin: true,
    example: 'https://api.sendgrid.com',
  }),
  SENDGRID_WEBHOOK_KEY: matching('a public key (base64, DER)', /^[A-Za-z0-9+/=]{80,400}$/, {
    doc: 'Public key with which SendGrid signs its event webhook, shown by its console. Events go to `<public URL>/api/v1/delivery-callbacks/sendgrid`; without the key they are refused.',
    example:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
  }),
  SES_REGION: matching('a region of AWS', /^[a-z]{2}(?:-[a-z]+)+-\d$/, {
    doc: 'Mail by Amazon SES (v2) in this region instead of SMTP. Goes with SES_ACCESS_KEY_ID and SES_SECRET_ACCESS_KEY.',
    example: 'eu-central-1',
  }),
  SES_ACCESS_KEY_ID: matching('an access key id', /^[A-Z0-9]{16,128}$/, {
    doc: 'Access key of a user who may `ses:SendEmail`.',
    example: 'AKIAIOSFODNN7EXAMPLE',
  }),
  SES_SECRET_ACCESS_KEY: secret('the secret of the access key', {
    doc: 'Secret of SES_ACCESS_KEY_ID.',
    minLength: 16,
    make: 'made in the console of AWS',
    example: '',
  }),
  SES_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the SES API, for a VPC endpoint or a double.',
    defaultDoc: '`https://email.<SES_REGION>.amazonaws.com`',
    origin: true,
    example: 'https://email.eu-central-1.amazonaws.com',
  }),
  SES_CONFIGURATION_SET: matching('a name', /^[A-Za-z0-9_-]{1,64}$/, {
    doc: 'Configuration set of SES that publishes deliveries, bounces and complaints to SES_TOPIC_ARN.',
    example: 'mainstay',
  }),
  SES_TOPIC_ARN: matching('the ARN of a topic of SNS', /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/, {
    doc: 'Topic of SNS whose HTTPS subscription is `<public URL>/api/v1/delivery-callbacks/ses`. Its messages are checked by the certificate of SNS; others are refused.',
    example: 'arn:aws:sns:eu-central-1:123456789012:mainstay-mail',
  }),
  SNS_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Where certificates and confirmations of SNS are fetched, for a double.',
    defaultDoc: 'the hosts of Amazon that SNS names, and no other',
    origin: true,
    example: 'https://sns.eu-central-1.amazonaws.com',
  }),
  FCM_SERVICE_ACCOUNT: secret('the JSON of a service account key', {
    doc: 'Push to Android, and to iOS and browsers through Firebase Cloud Messaging (HTTP v1). Best given as a file: FCM_SERVICE_ACCOUNT_FILE.',
    make: 'downloaded from the console of Firebase, Project settings, Service accounts',
    example: '',
  }),
  FCM_API_BASE: url(['http', 'https'], 'an http:// or https:// URL without a path', {
    doc: 'Address of the FCM API, for a proxy or a double that speaks HTTP/2. Where tokens are fetched stands in the service account.',
    default: 'https://fcm.googleapis.com',
    origin: true,
    example: 'https://fcm.googleapis.com',
  }),
  FCM_MESSAGES_PER_MINUTE: integer(
    { min: 1, max: 10_000_000 },
    {
      doc: 'Messages a minute that all processes together hand to FCM: the quota of the project.',
      default: 600_000,
      example: '600000',
    },
  ),
  APNS_KEY: secret('an authentication key of Apple (PEM, .p8)', {
    doc: 'Push to iOS directly. Goes with APNS_KEY_ID, APNS_TEAM_ID and APNS_TOPIC. Best given as a file: APNS_KEY_FILE.',
    make: 'made under Certificates, Identifiers & Profiles, Keys, with the Apple Push Notifications service',
    example: '',
  }),
  APNS_KEY_ID: matching('ten capital letters and digits', /^[A-Z0-9]{10}$/, {
    doc: 'Id of APNS_KEY.',
    example: 'ABC1234DEF',
  }),
  APNS_TEAM_ID: matching('ten capital letters and digits', /^[A-Z0-9]{10}$/, {
    doc: 'Team of the developer account at Apple.',
    example: 'DEF5678GHI',
  }),
  APNS_TOPIC: matching('a bundle id', /^[A-Za-z0-9.-]{1,155}$/, {
    doc: 'Bundle id of the app that is pushed to.',
    example: 'com.example.shop',
  }),
  APNS_API_BASE: url(['https'], 'an https:// URL without a path', {
    doc: 'Address of the APNs; `https://api.sandbox.push.apple.com` for apps that were built for development.',
    default: 'https://api.push.apple.com',
    origin: true,
    example: 'https://api.push.apple.com',
  }),
  APNS_CA: secret('a certificate in PEM form', {
    doc: 'Who is trusted at APNS_API_BASE instead of the usual authorities, for a proxy or a double; best given as a file.',
    make: 'copied from whoever runs that address',
    example: '',
  }),
  VAPID_PUBLIC_KEY: matching('an uncompressed P-256 point in base64url', /^[A-Za-z0-9_-]{86,88}$/, {
    doc: 'Push to browsers (Web Push, RFC 8030 and 8292); the applicationServerKey of their subscriptions. Goes with VAPID_PRIVATE_KEY.',
    make: 'npx web-push generate-vapid-keys',
    example: 'BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U',
  }),
  VAPID_PRIVATE_KEY: secret('32 bytes in base64url', {
    doc: 'Private key of VAPID_PUBLIC_KEY.',
    minLength: 43,
    make: 'npx web-push generate-vapid-keys',
    example: '',
  }),
  VAPID_SUBJECT: matching(
    '`mailto:` and an address, or an https:// URL',
    /^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/,
    {
      doc: 'How push services reach whoever runs this installation.',
      defaultDoc: '`mailto:` and the address of MAINSTAY_MAIL_FROM',
      example: 'mailto:ops@example.org',
    },
  ),
  WEB_PUSH_HOSTS: list(
    matching(
      'a host, with `*.` before it for those below it, with or without port',
      /^(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?$/,
      plain,
    ),
    'a comma separated list of hosts',
    {
      doc: 'Push services that browsers may name in a subscription: no request goes to another host.',
      default: [
        'fcm.googleapis.com',
        'updates.push.services.mozilla.com',
        '*.push.services.mozilla.com',
        'web.push.apple.com',
        '*.push.apple.com',
        '*.notify.windows.com',
      ],
      defaultDoc: 'those of Chrome, Firefox, Safari and Edge',
      example: 'fcm.googleapis.com,web.push.apple.com',
    },
  ),
  WEB_PUSH_CA: secret('a certificate in PEM form', {
    doc: 'Who is trusted at push services instead of the usual authorities, for a service of one’s own; best given as a file. Only with it may a push service be at a private address.',
    make: 'copied from whoever runs the service',
    example: '',
  }),
} as const;
