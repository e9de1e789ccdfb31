import type { Provider, Type } from '@nestjs/common';
import { ChooseDefaultMethodHandler, RemoveMethodHandler } from './commands/manage-methods';
import { MethodDesk } from './commands/method-desk';
import { ReturnUrls } from './commands/return-urls';
import { SaveMethodHandler } from './commands/save-method';
import { CompleteSetupHandler, ForgetMethodHandler, SettleSetupHandler, SetupWhenTold } from './commands/settle-setup';
import { SavedMethods } from './data/saved-methods';
import { PaymentMethodsController } from './http/payment-methods.controller';
import { ForgetMethod, SettleSetup } from './jobs/saved-methods';
import { OwnMethodHandler, OwnMethodsHandler } from './queries/saved-methods';
import { AskAboutSetup } from './reactions/ask-about-setup';

/** What of the payments module is about ways to pay that are kept. */
export const SAVED_METHODS_PROVIDERS: Provider[] = [
  SavedMethods,
  MethodDesk,
  ReturnUrls,
  SaveMethodHandler,
  ChooseDefaultMethodHandler,
  RemoveMethodHandler,
  SettleSetupHandler,
  ForgetMethodHandler,
  CompleteSetupHandler,
  SetupWhenTold,
  SettleSetup,
  ForgetMethod,
  AskAboutSetup,
  OwnMethodsHandler,
  OwnMethodHandler,
];

export const SAVED_METHODS_CONTROLLERS: Type[] = [PaymentMethodsController];
