import { Injectable } from '@nestjs/common';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { logger } from '../../../kernel/telemetry/logger';
import type { RelyingParty } from '../domain/relying-party';

/** EdDSA, ES256, RS256: what authenticators make and nothing else (COSE). */
const ALGORITHMS = [-8, -7, -257];
const TIMEOUT_MS = 300_000;

/** A passkey that somebody has just made and proven to hold. */
export interface NewPasskey {
  credentialId: string;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  aaguid: string;
  deviceBound: boolean;
  backedUp: boolean;
}

/** A signature that is right, by a key that is known. */
export interface Assertion {
  counter: number;
  userVerified: boolean;
  deviceBound: boolean;
  backedUp: boolean;
}

const TRANSPORTS = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']);

/**
 * The ceremonies of WebAuthn by @simplewebauthn/server, which is loaded at the first one. Whatever is wrong with an
 * answer of an authenticator, the verdict is null and nothing more: what was wrong is for the log.
 */
@Injectable()
export class WebAuthn {
  async creationOptions(facts: {
    rp: RelyingParty;
    user: { handle: Uint8Array; name: string; displayName: string };
    challenge: string;
    exclude: { credentialId: string; transports: string[] }[];
  }): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    return generateRegistrationOptions({
      rpName: facts.rp.name,
      rpID: facts.rp.id,
      userID: new Uint8Array(facts.user.handle),
      userName: facts.user.name,
      userDisplayName: facts.user.displayName,
      challenge: new Uint8Array(Buffer.from(facts.challenge, 'base64url')),
      timeout: TIMEOUT_MS,
      attestationType: 'none',
      excludeCredentials: facts.exclude.map(({ credentialId: id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    });
  }

  async requestOptions(facts: {
    rpId: string;
    challenge: string;
    allow?: { credentialId: string; transports: string[] }[];
    userVerification: 'required' | 'preferred';
  }): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    return generateAuthenticationOptions({
      rpID: facts.rpId,
      challenge: new Uint8Array(Buffer.from(facts.challenge, 'base64url')),
      timeout: TIMEOUT_MS,
      userVerification: facts.userVerification,
      allowCredentials: facts.allow?.map(({ credentialId: id, transports }) => ({ id, transports })),
    });
  }

  /** @returns null for anything but the right answer to this challenge, from one of our pages, by a present and verified user */
  async verifyCreation(response: object, challenge: string, rp: RelyingParty): Promise<NewPasskey | null> {
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    try {
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: rp.origins,
        expectedRPID: rp.id,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!verified || !registrationInfo) return null;
      const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
      // The library reads the id of the signed data; the one beside it is the client's word.
      if (credential.id !== (response as RegistrationResponseJSON).id || credential.id.length > 1400) return null;
      const transports = Array.isArray(credential.transports) ? credential.transports : [];
      return {
        credentialId: credential.id,
        publicKey: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: transports.filter((one) => TRANSPORTS.has(one)),
        aaguid,
        deviceBound: credentialDeviceType === 'singleDevice',
        backedUp: credentialBackedUp,
      };
    } catch (error) {
      return refused(error);
    }
  }

  /** @returns null for anything but a right signature over this challenge, from one of our pages, by a present user */
  async verifyRequest(
    response: object,
    challenge: string,
    rp: RelyingParty,
    passkey: { credentialId: string; publicKey: Buffer },
    userVerified: boolean,
  ): Promise<Assertion | null> {
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: challenge,
        expectedOrigin: rp.origins,
        expectedRPID: rp.id,
        // The library judges the counter before the signature: an unsigned one would pass for a copied authenticator.
        // It is judged afterwards, where the row is changed.
        credential: { id: passkey.credentialId, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
        requireUserVerification: userVerified,
      });
      if (!verified) return null;
      const { newCounter: counter, credentialDeviceType, credentialBackedUp: backedUp } = authenticationInfo;
      const deviceBound = credentialDeviceType === 'singleDevice';
      return { counter, userVerified: authenticationInfo.userVerified, deviceBound, backedUp };
    } catch (error) {
      return refused(error);
    }
  }
}

function refused(error: unknown): null {
  logger.debug({ reason: (error as Error).message }, 'the answer of an authenticator was refused');
  return null;
}
