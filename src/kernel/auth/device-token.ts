import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config';
import type { Keyring } from '../crypto/keyring';
import { isUuid } from '../ids/ids';

const PURPOSE = 'device';
/** `<device id>.<HMAC-SHA-256, base64url>` */
const FORM = /^([0-9a-f-]{36})\.([\w-]{43})$/;

/** Header in which clients without cookies name their device. */
export const DEVICE_HEADER = 'x-device';

/** The cookie that names a browser's device; `__Host-` wherever the installation is reached by https. */
export const deviceCookie = (config: Pick<Config, 'secureCookies'>): string =>
  config.secureCookies ? '__Host-mainstay-device' : 'mainstay-device';

/** The text by which a device names itself from now on. */
export const signDevice = (keyring: Keyring, deviceId: string): string =>
  `${deviceId}.${keyring.hmac(PURPOSE, deviceId).toString('base64url')}`;

/** The device that a text names, or null for a text that we did not sign. */
export function readDevice(keyring: Keyring, text: unknown): string | null {
  const match = typeof text === 'string' ? FORM.exec(text) : null;
  if (!match || !isUuid(match[1])) return null;
  return keyring.verifyHmac(PURPOSE, match[1], Buffer.from(match[2], 'base64url')) ? match[1] : null;
}

/** The device of a request: its header, else its cookie. A forged name is no name. */
export function deviceOf(request: FastifyRequest, config: Config, keyring: Keyring): string | null {
  const { cookies } = request as { cookies?: Record<string, string | undefined> };
  return readDevice(keyring, request.headers[DEVICE_HEADER] ?? cookies?.[deviceCookie(config)]);
}
