import { IsBoolean, IsNotEmpty, IsObject, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../kernel/http/may-be-absent';

/** Options of WebAuthn, and the challenge in them. */
export class PasskeyOptionsView {
  /** Name it with the answer of the authenticator; good once, for five minutes. */
  challengeId: string;
  /** For `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`. */
  options: Record<string, unknown>;
}

export class AddPasskeyBody {
  /** @example 01890a5d-ac96-774b-bcce-b302099a8057 */
  @IsUUID()
  challengeId: string;

  /**
   * What `navigator.credentials.create` gave, as JSON.
   * @example { "id": "AAAAAAAAAAAAAAAAAAAAAA", "rawId": "AAAAAAAAAAAAAAAAAAAAAA", "type": "public-key", "response": {}, "clientExtensionResults": {} }
   */
  @IsObject()
  credential: Record<string, unknown>;

  /**
   * A name for the passkey.
   * @example Laptop
   */
  @MayBeAbsent()
  @IsNotEmpty()
  @MaxLength(60)
  @IsString()
  name?: string;

  /** End all your other sessions, in case one is not yours. */
  @MayBeAbsent()
  @IsBoolean()
  endOtherSessions?: boolean;
}

export class PasskeyLoginBody {
  /** @example 01890a5d-ac96-774b-bcce-b302099a8057 */
  @IsUUID()
  challengeId: string;

  /**
   * What `navigator.credentials.get` gave, as JSON.
   * @example { "id": "AAAAAAAAAAAAAAAAAAAAAA", "rawId": "AAAAAAAAAAAAAAAAAAAAAA", "type": "public-key", "response": {}, "clientExtensionResults": {} }
   */
  @IsObject()
  credential: Record<string, unknown>;

  /**
   * Slug or id of the organization to work in. Without it: the shop of `X-Tenant`, else your first one.
   * @example north-wind
   */
  @MayBeAbsent()
  @Length(2, 63)
  @IsString()
  organization?: string;
}
