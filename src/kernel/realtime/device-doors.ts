import { Injectable } from '@nestjs/common';
import { GUEST } from '../auth/principal';
import type { Verified } from '../auth/token-verifier';

/** A device that proved itself with a key of its own. */
export interface Device {
  tenantId: string;
  deviceId: string;
  /** SHA-256 of its key: whether that is still good is asked again with what it sends. */
  keyDigest: Buffer;
}

/** Says whose key it is. @throws AppError unauthenticated for nobody's */
export type DeviceDoor = (key: string) => Promise<Device>;

/**
 * Namespaces that take devices without an account: `auth.key` of the handshake instead of `auth.token`. A device has no
 * permissions and no rooms; a gateway that knows devices asks `socket.data.device`.
 */
@Injectable()
export class DeviceDoors {
  private readonly doors = new Map<string, DeviceDoor>();

  /** Takes devices in this namespace; contexts do so in `onModuleInit`. */
  open(namespace: string, door: DeviceDoor): void {
    this.doors.set(namespace, door);
  }

  of(namespace: string): DeviceDoor | undefined {
    return this.doors.get(namespace);
  }
}

/** A device as the holder of a connection: it ends with no session, and is of no person. */
export function verifiedOf(device: Device): Verified {
  const { tenantId, deviceId } = device;
  const policyVersion = Number.MAX_SAFE_INTEGER;
  return {
    claims: {
      iss: '',
      aud: '',
      sub: deviceId,
      tid: tenantId,
      sid: deviceId,
      sv: Number.MAX_SAFE_INTEGER,
      jti: deviceId,
      exp: Number.MAX_SAFE_INTEGER,
      iat: 0,
    },
    principal: { ...GUEST, tenantId, sessionId: deviceId, policyVersion },
    device,
  };
}
