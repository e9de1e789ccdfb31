import { hostname } from 'node:os';
import { boolean, matching, url, type Setting } from './setting';

/** A broker that devices tell their positions. */
export const MQTT_SETTINGS = {
  MQTT_URL: {
    ...url(['mqtt', 'mqtts', 'ws', 'wss'], 'mqtt://user:password@host:1883, mqtts://, ws:// or wss://', {
      doc: 'MQTT broker (3.1.1) from which a worker takes positions of trackers at `<prefix>/+/positions`. One worker process is enough; where several have it, each takes all, and what another kept counts as a duplicate. No connection is made without it.',
      defaultDoc: 'none',
      example: 'mqtts://mainstay:CHANGE-ME@broker.example.org:8883',
    }),
    secret: true,
  } as Setting<string>,
  MAINSTAY_MQTT_PREFIX: matching('levels of a topic without wildcards', /^[\w-]+(?:\/[\w-]+){0,4}$/, {
    doc: 'Beginning of the topics that are read.',
    default: 'mainstay',
    example: 'mainstay',
  }),
  MAINSTAY_MQTT_CLIENT_ID: matching('1 to 64 letters, digits, `-`, `_` and `.`', /^[\w.-]{1,64}$/, {
    doc: 'Client id of this process; the broker keeps for it what came while it was away. Each process has one of its own, and keeps it.',
    default: () => `mainstay-${hostname().replace(/[^\w.-]/g, '-')}`.slice(0, 64),
    defaultDoc: '`mainstay-<host name>`',
    example: 'mainstay-worker-1',
  }),
  MAINSTAY_MQTT_TRUST_TOPICS: boolean({
    doc: 'The broker lets a device publish to the topic of its own tracker alone (`<prefix>/<tracker id>/positions`): then messages need no tracker key. Never set it where the broker does not.',
    default: false,
    example: 'false',
  }),
} as const;
