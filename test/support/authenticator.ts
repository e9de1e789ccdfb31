import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What CBOR (RFC 8949) is made of here. */
type Cbor = number | string | Uint8Array | Map<number | string, Cbor>;

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}

/** Canonical CBOR of numbers, texts, bytes and maps. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, one]) => [cbor(key), cbor(one)]);
    return Buffer.concat([head(5, value.size), ...entries]);
  }
  return Buffer.concat([head(2, value.length), value]);
}

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const base64url = (data: Uint8Array | string): string => Buffer.from(data).toString('base64url');

interface Key {
  id: Buffer;
  rpId: string;
  userHandle: string;
  privateKey: KeyObject;
  counter: number;
}

/** How an answer is to differ from a right one. */
export interface Twist {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  userPresent?: boolean;
  userVerified?: boolean;
  /** Instead of the next one. */
  counter?: number;
  backupEligible?: boolean;
  backedUp?: boolean;
  /** Algorithm that the key says it is of; the key itself stays ES256. */
  alg?: number;
  userHandle?: string;
  /** Changes the authenticator data after it was signed. */
  tamper?: (authData: Buffer) => Buffer;
}

interface CreationOptions {
  challenge: string;
  rp: { id?: string };
  user: { id: string };
}
interface RequestOptions {
  challenge: string;
  rpId?: string;
  allowCredentials?: { id: string }[];
}

/**
 * An authenticator in software (WebAuthn level 3, ES256, attestation `none`): holds discoverable keys, counts its uses
 * and answers as a browser's `toJSON()` would. Everything is built by hand from the specification.
 */
export class SoftAuthenticator {
  readonly keys: Key[] = [];

  constructor(
    private readonly origin: string,
    private readonly options: { backupEligible?: boolean; counts?: boolean } = {},
  ) {}

  /** `navigator.credentials.create` */
  create(options: CreationOptions, twist: Twist = {}): Record<string, unknown> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rpId = options.rp.id!;
    const key: Key = { id: randomBytes(32), rpId, userHandle: options.user.id, privateKey, counter: 0 };
    this.keys.push(key);
    const { x, y } = publicKey.export({ format: 'jwk' }) as { x: string; y: string };
    const cose = new Map<number, Cbor>([
      [1, 2],
      [3, twist.alg ?? -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(key.id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, key.id, cbor(cose)]);
    const signed = Buffer.concat([this.data(key, twist, 0x40), attested]);
    const authData = twist.tamper ? twist.tamper(signed) : signed;
    const attestation = new Map<string, Cbor>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ]);
    return this.answer(key, {
      clientDataJSON: base64url(this.clientData('webauthn.create', options.challenge, twist)),
      attestationObject: base64url(cbor(attestation)),
      transports: ['internal', 'hybrid'],
    });
  }

  /** `navigator.credentials.get` */
  get(options: RequestOptions, twist: Twist = {}): Record<string, unknown> {
    const allowed = options.allowCredentials?.map(({ id }) => id);
    const key = this.keys.find(
      ({ id, rpId }) => rpId === options.rpId && (!allowed?.length || allowed.includes(base64url(id))),
    );
    if (!key) throw new Error('This authenticator holds no such key.');
    const clientData = this.clientData('webauthn.get', options.challenge, twist);
    const authData = this.data(key, twist, 0);
    const signature = sign('sha256', Buffer.concat([authData, sha256(clientData)]), key.privateKey);
    return this.answer(key, {
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(twist.tamper ? twist.tamper(authData) : authData),
      signature: base64url(signature),
      userHandle: twist.userHandle ?? key.userHandle,
    });
  }

  private answer(key: Key, response: Record<string, unknown>): Record<string, unknown> {
    const id = base64url(key.id);
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response,
    };
  }

  private clientData(type: string, challenge: string, twist: Twist): Buffer {
    return Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? this.origin,
        crossOrigin: false,
      }),
    );
  }

  /** rpIdHash, flags, counter */
  private data(key: Key, twist: Twist, extraFlags: number): Buffer {
    if (this.options.counts !== false) key.counter = twist.counter ?? key.counter + 1;
    const eligible = twist.backupEligible ?? this.options.backupEligible ?? false;
    const flags =
      (twist.userPresent === false ? 0 : 0x01) |
      (twist.userVerified === false ? 0 : 0x04) |
      (eligible ? 0x08 : 0) |
      ((twist.backedUp ?? eligible) ? 0x10 : 0) |
      extraFlags;
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags, 0);
    tail.writeUInt32BE(key.counter, 1);
    return Buffer.concat([sha256(twist.rpId ?? key.rpId), tail]);
  }
}
