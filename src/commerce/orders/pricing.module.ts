import { Module } from '@nestjs/common';
import { AddCartCouponHandler, RemoveCartCouponHandler } from './commands/cart-coupons';
import { ChangeCouponHandler, CreateCouponHandler } from './commands/manage-coupons';
import {
  ChangeShippingMethodHandler,
  ChooseShippingMethodHandler,
  CreateShippingMethodHandler,
} from './commands/shipping-methods';
import { CouponRepository } from './data/coupon.repository';
import { ShippingMethodRepository } from './data/shipping-method.repository';
import { CouponsController } from './http/coupons.controller';
import { ShippingMethodsController } from './http/shipping-methods.controller';
import { FindCouponHandler, ListCouponsHandler } from './queries/coupons';
import {
  CartShippingMethodsHandler,
  FindShippingMethodHandler,
  ListShippingMethodsHandler,
} from './queries/shipping-methods';

/** What stands behind the routes; part of the orders, whose carts ask it. */
export const PRICING_PROVIDERS = [
  CouponRepository,
  ShippingMethodRepository,
  AddCartCouponHandler,
  RemoveCartCouponHandler,
  CreateCouponHandler,
  ChangeCouponHandler,
  FindCouponHandler,
  ListCouponsHandler,
  CreateShippingMethodHandler,
  ChangeShippingMethodHandler,
  ChooseShippingMethodHandler,
  FindShippingMethodHandler,
  ListShippingMethodsHandler,
  CartShippingMethodsHandler,
];

/** Routes of coupons and shipping methods. */
@Module({ controllers: [CouponsController, ShippingMethodsController] })
export class PricingModule {}
