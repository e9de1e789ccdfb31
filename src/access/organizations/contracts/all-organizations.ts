import { Query } from '@nestjs/cqrs';

/** Ids of all organizations, oldest first: for work over every shop at the command line. Needs no tenant in the context. */
export class AllOrganizationsQuery extends Query<string[]> {}
