import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A device that a user signed in with: named by a signed cookie or header, described by what its client says. */
@Entity({ schema: 'identity', name: 'devices' })
export class Device {
  @PrimaryColumn('uuid', { name: 'user_id' }) userId: string;
  @PrimaryColumn('uuid', { name: 'device_id' }) deviceId: string;
  /** As people read it: `Firefox on Linux`. */
  @Column('text') name: string;
  @Column('text') kind: DeviceKind;
  /** Country of the latest sign-in. */
  @Column('text', { nullable: true }) country: string | null;
  @Column('timestamptz', { name: 'first_seen_at' }) firstSeenAt: Date;
  @Column('timestamptz', { name: 'last_seen_at' }) lastSeenAt: Date;
  /** When the user said that it trusts the device. */
  @Column('timestamptz', { name: 'trusted_at', nullable: true }) trustedAt: Date | null;
}

export type DeviceKind = 'desktop' | 'phone' | 'tablet' | 'program' | 'unknown';
