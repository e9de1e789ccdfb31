import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  ChangeCustomerGroupHandler,
  ChangeGroupMemberHandler,
  CreateCustomerGroupHandler,
  RemoveCustomerGroupHandler,
} from './commands/customer-groups';
import { EnsureCustomerHandler } from './commands/ensure-customer';
import { ImportCustomerFileHandler } from './commands/import-customer-file';
import { ImportCustomersHandler } from './commands/import-customers';
import { MergeCustomersHandler } from './commands/merge-customers';
import { GiveConsentHandler, RecordConsentHandler } from './commands/record-consent';
import { ChangeCustomerHandler, CreateCustomerHandler } from './commands/write-customer';
import { CustomerBatch } from './data/customer-batch';
import { MatchKeys } from './data/match-keys';
import { CustomerRepository } from './data/customer.repository';
import { Address } from './domain/address';
import { Customer } from './domain/customer';
import { CustomerGroup } from './domain/customer-group';
import { CustomerGroupsController } from './http/customer-groups.controller';
import { CustomerFilesController } from './http/customer-files.controller';
import { CustomersController } from './http/customers.controller';
import { ConsentsOfCustomersHandler, ListConsentsHandler } from './queries/consents';
import {
  FindCustomerGroupsHandler,
  GetCustomerGroupHandler,
  GroupsOfCustomersHandler,
  UserIdsOfGroupHandler,
  ListCustomerGroupsHandler,
} from './queries/customer-groups';
import { CustomerTimelineHandler } from './queries/customer-timeline';
import { ListDuplicatesHandler } from './queries/duplicates';
import { ExportCustomersHandler } from './queries/export-customers';
import { FindCustomersHandler } from './queries/find-customers';
import { GetCustomerHandler } from './queries/get-customer';
import { ListCustomersHandler } from './queries/list-customers';
import { CreateWhenUserRegistered } from './reactions/create-when-user-registered';

/** A shop's customers with their addresses. */
@Module({
  imports: [TypeOrmModule.forFeature([Customer, Address, CustomerGroup])],
  // Files before customers: `customers/export.csv` is no id.
  controllers: [CustomerFilesController, CustomersController, CustomerGroupsController],
  providers: [
    CustomerRepository,
    CustomerBatch,
    MatchKeys,
    MergeCustomersHandler,
    GiveConsentHandler,
    CustomerTimelineHandler,
    ListDuplicatesHandler,
    EnsureCustomerHandler,
    CreateCustomerHandler,
    ChangeCustomerHandler,
    ImportCustomersHandler,
    ImportCustomerFileHandler,
    FindCustomersHandler,
    ListCustomersHandler,
    GetCustomerHandler,
    ExportCustomersHandler,
    CreateWhenUserRegistered,
    RecordConsentHandler,
    ListConsentsHandler,
    ConsentsOfCustomersHandler,
    CreateCustomerGroupHandler,
    ChangeCustomerGroupHandler,
    RemoveCustomerGroupHandler,
    ChangeGroupMemberHandler,
    FindCustomerGroupsHandler,
    GetCustomerGroupHandler,
    GroupsOfCustomersHandler,
    UserIdsOfGroupHandler,
    ListCustomerGroupsHandler,
  ],
})
export class CustomersModule {}
