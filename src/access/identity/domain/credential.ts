import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { newId } from '../../../kernel/ids/ids';
import type { StoredSecret } from './password-hasher';

/** A way to prove who one is; at most one password of a user is live. */
@Entity({ schema: 'identity', name: 'credentials' })
export class Credential implements StoredSecret {
  @PrimaryColumn('uuid') id: string;
  @Column('uuid', { name: 'user_id' }) userId: string;
  @Column('text') kind: 'password';
  @Column('text') secret: string;
  @Column('text', { name: 'pepper_key', nullable: true }) pepperKey: string | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt: Date;
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt: Date | null;

  static password(userId: string, { secret, pepperKey }: StoredSecret): Credential {
    return Object.assign(new Credential(), {
      id: newId(),
      userId,
      kind: 'password',
      secret,
      pepperKey,
      lastUsedAt: null,
      revokedAt: null,
    });
  }
}
