import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EnsureCustomerHandler } from './commands/ensure-customer';
import { ImportCustomersHandler } from './commands/import-customers';
import { ChangeCustomerHandler, CreateCustomerHandler } from './commands/write-customer';
import { CustomerBatch } from './data/customer-batch';
import { CustomerRepository } from './data/customer.repository';
import { Address } from './domain/address';
import { Customer } from './domain/customer';
import { CustomersController } from './http/customers.controller';
import { ExportCustomersHandler } from './queries/export-customers';
import { FindCustomersHandler } from './queries/find-customers';
import { GetCustomerHandler } from './queries/get-customer';
import { ListCustomersHandler } from './queries/list-customers';
import { CreateWhenUserRegistered } from './reactions/create-when-user-registered';

/** A shop's customers with their addresses. */
@Module({
  imports: [TypeOrmModule.forFeature([Customer, Address])],
  controllers: [CustomersController],
  providers: [
    CustomerRepository,
    CustomerBatch,
    EnsureCustomerHandler,
    CreateCustomerHandler,
    ChangeCustomerHandler,
    ImportCustomersHandler,
    FindCustomersHandler,
    ListCustomersHandler,
    GetCustomerHandler,
    ExportCustomersHandler,
    CreateWhenUserRegistered,
  ],
})
export class CustomersModule {}
