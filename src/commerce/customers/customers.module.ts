import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EnsureCustomerHandler } from './commands/ensure-customer';
import { ImportCustomersHandler } from './commands/import-customers';
import { ChangeCustomerHandler, CreateCustomerHandler } from './commands/write-customer';
import { CustomerBatch } from './data/customer-batch';
import { CustomerRepository } from './data/customer.repository';
import { Address } from './domain/address';
import { Customer } from './domain/customer';
import { FindCustomersHandler } from './queries/find-customers';
import { CreateWhenUserRegistered } from './reactions/create-when-user-registered';

/** A shop's customers with their addresses. */
@Module({
  imports: [TypeOrmModule.forFeature([Customer, Address])],
  providers: [
    CustomerRepository,
    CustomerBatch,
    EnsureCustomerHandler,
    CreateCustomerHandler,
    ChangeCustomerHandler,
    ImportCustomersHandler,
    FindCustomersHandler,
    CreateWhenUserRegistered,
  ],
})
export class CustomersModule {}
