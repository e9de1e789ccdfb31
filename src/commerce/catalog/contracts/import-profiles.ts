import { Query } from '@nestjs/cqrs';
import type { Profile } from '../../../kernel/tabular/profile';

/** A mapping profile that a shop keeps under a name. */
export interface SavedProfile {
  id: string;
  name: string;
  mapping: Profile;
  /** Also the ETag. */
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

/** The shop's mapping profile of this id or name. @throws AppError not-found `catalog.import-profile-not-found` */
export class ImportProfileQuery extends Query<SavedProfile> {
  constructor(readonly wanted: { id: string } | { name: string }) {
    super();
  }
}
