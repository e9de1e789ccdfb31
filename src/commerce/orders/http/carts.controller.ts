import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../kernel/auth/decorators';
import { IdParam, Idempotent, Problems } from '../../../kernel/http/decorators';
import {
  AddCartLineCommand,
  ChangeCartLineCommand,
  CreateCartCommand,
  RemoveCartLineCommand,
  SetCartCurrencyCommand,
  SetCartDestinationCommand,
} from '../commands/change-cart';
import { AddCartCouponCommand, RemoveCartCouponCommand } from '../commands/cart-coupons';
import { CheckoutCommand } from '../commands/checkout';
import { MergeCartCommand } from '../commands/merge-cart';
import { ChooseShippingMethodCommand } from '../commands/shipping-methods';
import { FindCartQuery } from '../queries/find-cart';
import { OwnCartQuery } from '../queries/own-cart';
import { CartShippingMethodsQuery } from '../queries/shipping-methods';
import { AddCartCouponBody } from './coupons.dto';
import { ChooseShippingMethodBody, ShippingOfferListView } from './shipping-methods.dto';
import {
  AddCartLineBody,
  CartCurrencyBody,
  CartDetailsView,
  ChangeCartLineBody,
  CreateCartBody,
  DestinationBody,
} from './carts.dto';
import { CheckoutBody, CheckoutView } from './checkout.dto';
import { payingMethodOf } from './paying-method.dto';

/** Carts belong to whoever has their unguessable id; the shop is named by X-Tenant or by the login. */
@ApiTags('carts')
@Controller('carts')
@Public({ tenant: 'required' })
export class CartsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Idempotent()
  @ApiOperation({ operationId: 'createCart', summary: 'Start a cart' })
  @ApiCreatedResponse({ type: CartDetailsView })
  create(@Body() body: CreateCartBody): Promise<CartDetailsView> {
    return this.commands.execute(new CreateCartCommand(body?.currency ?? null));
  }

  @Get('mine')
  @Problems('orders.cart-not-found', { 'orders.login-needed': 401 })
  @ApiOperation({
    operationId: 'getOwnCart',
    summary: 'Read the open cart of whoever is signed in',
    description: 'The one that they used last, on whatever device. Its id opens it to nobody but them.',
  })
  @ApiOkResponse({ type: CartDetailsView })
  own(): Promise<CartDetailsView> {
    return this.queries.execute(new OwnCartQuery());
  }

  @Post(':id/merge')
  @HttpCode(200)
  @Idempotent()
  @Problems('orders.cart-not-found', 'orders.cart-already-ordered', 'orders.cart-full', { 'orders.login-needed': 401 })
  @ApiOperation({
    operationId: 'mergeCart',
    summary: 'Bring a guest’s cart to whoever signed in',
    description:
      'To be sent after the login with the id of the guest’s cart. It goes into the cart that the customer has (quantities by the shop’s `cartMerge` policy), or becomes it; then it is gone. Sent again it answers the same cart.',
  })
  @ApiOkResponse({ type: CartDetailsView })
  merge(@Param('id') id: string): Promise<CartDetailsView> {
    return this.commands.execute(new MergeCartCommand({ cartSecret: id }));
  }

  @Put(':id/currency')
  @Problems('orders.cart-not-found', 'orders.cart-already-ordered')
  @ApiOperation({
    operationId: 'setCartCurrency',
    summary: 'Choose what a cart is priced in',
    description: 'Prices come from price lists of the currency; what has none is not for sale in this cart.',
  })
  @ApiOkResponse({ type: CartDetailsView })
  setCurrency(@Param('id') id: string, @Body() { currency }: CartCurrencyBody): Promise<CartDetailsView> {
    return this.commands.execute(new SetCartCurrencyCommand({ cartSecret: id, currency }));
  }

  @Get(':id')
  @Problems('orders.cart-not-found')
  @ApiOperation({ operationId: 'getCart', summary: 'Read a cart at today’s prices' })
  @ApiOkResponse({ type: CartDetailsView })
  get(@Param('id') id: string): Promise<CartDetailsView> {
    return this.queries.execute(new FindCartQuery(id));
  }

  @Post(':id/lines')
  @Idempotent()
  @Problems(
    'orders.cart-not-found',
    'orders.cart-already-ordered',
    'orders.cart-full',
    'orders.not-for-sale',
    'orders.no-price-in-currency',
    'orders.mixed-currencies',
    'inventory.out-of-stock',
    {
      'orders.unknown-sku': 400,
      'orders.quantity-too-large': 400,
    },
  )
  @ApiOperation({
    operationId: 'addCartLine',
    summary: 'Put something into a cart',
    description:
      'Where the shop’s carts hold stock (`cartHoldMinutes` of its order policy) its pieces are held for this cart until `heldUntil`, or refused with `skus` where they are not to be had.',
  })
  @ApiCreatedResponse({ type: CartDetailsView })
  addLine(@Param('id') id: string, @Body() body: AddCartLineBody): Promise<CartDetailsView> {
    return this.commands.execute(new AddCartLineCommand({ cartSecret: id, sku: body.sku, quantity: body.quantity }));
  }

  @Patch(':id/lines/:lineId')
  @Problems(
    'orders.cart-not-found',
    'orders.cart-line-not-found',
    'orders.cart-already-ordered',
    'inventory.out-of-stock',
  )
  @ApiOperation({
    operationId: 'changeCartLine',
    summary: 'Change the quantity of a cart line',
    description: 'Holds its pieces anew, as adding does; fewer pieces are never refused.',
  })
  @ApiOkResponse({ type: CartDetailsView })
  changeLine(
    @Param('id') id: string,
    @IdParam('lineId') lineId: string,
    @Body() body: ChangeCartLineBody,
  ): Promise<CartDetailsView> {
    return this.commands.execute(new ChangeCartLineCommand({ cartSecret: id, lineId, quantity: body.quantity }));
  }

  @Delete(':id/lines/:lineId')
  @Problems('orders.cart-not-found', 'orders.cart-line-not-found', 'orders.cart-already-ordered')
  @ApiOperation({ operationId: 'removeCartLine', summary: 'Take a line out of a cart' })
  @ApiOkResponse({ type: CartDetailsView })
  removeLine(@Param('id') id: string, @IdParam('lineId') lineId: string): Promise<CartDetailsView> {
    return this.commands.execute(new RemoveCartLineCommand({ cartSecret: id, lineId }));
  }

  @Put(':id/destination')
  @Problems('orders.cart-not-found', 'orders.cart-already-ordered')
  @ApiOperation({
    operationId: 'setCartDestination',
    summary: 'Say where a cart shall be sent',
    description: 'Taxes hang on it: the cart shows what the checkout will ask.',
  })
  @ApiOkResponse({ type: CartDetailsView })
  setDestination(@Param('id') id: string, @Body() body: DestinationBody): Promise<CartDetailsView> {
    const destination = {
      country: body.country,
      region: body.region || null,
      postalCode: body.postalCode || null,
    };
    return this.commands.execute(new SetCartDestinationCommand({ cartSecret: id, destination }));
  }

  @Post(':id/coupons')
  @Idempotent()
  @Problems(
    'orders.cart-not-found',
    'orders.cart-already-ordered',
    'orders.coupon-refused',
    'orders.too-many-coupons',
    { 'orders.unknown-coupon': 400 },
  )
  @ApiOperation({
    operationId: 'addCartCoupon',
    summary: 'Enter the code of a coupon',
    description:
      'Refused where it does not apply now; `reason` says why. One that stops applying later stays in the cart without effect, and `coupons` says why. The last uses of a coupon are given out at the checkout.',
  })
  @ApiCreatedResponse({ type: CartDetailsView })
  addCoupon(@Param('id') id: string, @Body() body: AddCartCouponBody): Promise<CartDetailsView> {
    return this.commands.execute(new AddCartCouponCommand({ cartSecret: id, code: body.code }));
  }

  @Delete(':id/coupons/:couponId')
  @Problems('orders.cart-not-found', 'orders.cart-already-ordered', 'orders.coupon-not-found')
  @ApiOperation({ operationId: 'removeCartCoupon', summary: 'Take a coupon out of a cart' })
  @ApiOkResponse({ type: CartDetailsView })
  removeCoupon(@Param('id') id: string, @IdParam('couponId') couponId: string): Promise<CartDetailsView> {
    return this.commands.execute(new RemoveCartCouponCommand({ cartSecret: id, couponId }));
  }

  @Get(':id/shipping-methods')
  @Problems('orders.cart-not-found', 'orders.destination-needed')
  @ApiOperation({ operationId: 'listCartShippingMethods', summary: 'List the ways to ship a cart to its destination' })
  @ApiOkResponse({ type: ShippingOfferListView })
  async shippingMethods(@Param('id') id: string): Promise<ShippingOfferListView> {
    return { data: await this.queries.execute(new CartShippingMethodsQuery(id)) };
  }

  @Put(':id/shipping-method')
  @Problems(
    'orders.cart-not-found',
    'orders.cart-already-ordered',
    'orders.destination-needed',
    'orders.not-shippable',
    {
      'orders.unknown-shipping-method': 400,
    },
  )
  @ApiOperation({ operationId: 'chooseShippingMethod', summary: 'Choose how a cart is shipped' })
  @ApiOkResponse({ type: CartDetailsView })
  chooseShipping(@Param('id') id: string, @Body() body: ChooseShippingMethodBody): Promise<CartDetailsView> {
    return this.commands.execute(new ChooseShippingMethodCommand({ cartSecret: id, methodId: body.methodId }));
  }

  @Post(':id/checkout')
  @Idempotent({ required: true })
  @Problems(
    'orders.cart-not-found',
    'orders.cart-already-ordered',
    'orders.cart-empty',
    'orders.not-for-sale',
    'orders.mixed-currencies',
    'orders.price-changed',
    'orders.coupon-refused',
    'orders.shipping-method-needed',
    'orders.not-shippable',
    'inventory.out-of-stock',
    'payments.not-accepted',
    'orders.due-changed',
    'ledger.gift-card-unusable',
    'ledger.credit-spent',
    {
      'orders.login-needed': 401,
      'ledger.gift-card-unknown': 400,
      'ledger.too-many-codes': 429,
      'orders.address-invalid': 400,
      'payments.unknown-method': 400,
      'payments.shopper-unknown': 400,
      'orders.too-many-unpaid': 429,
      'plan.limit-reached': 403,
    },
  )
  @ApiOperation({
    operationId: 'checkOut',
    summary: 'Order and pay a cart',
    description:
      'Holds the stock, makes the order and asks the gateway. Stock is held for 30 minutes. A declined payment is no error: the order waits as `pending_payment` for a further try within that time, `payment.error` says why, and its stock stays held for 5 minutes more. With `payment.nextAction` the shopper’s browser must go to its URL.',
  })
  @ApiCreatedResponse({ type: CheckoutView })
  checkout(@Param('id') id: string, @Body() body: CheckoutBody): Promise<CheckoutView> {
    const { name, line1, line2, city, region, postalCode, country } = body.shippingAddress;
    return this.commands.execute(
      new CheckoutCommand({
        cartSecret: id,
        email: body.email,
        shippingAddress: {
          name,
          line1,
          line2: line2 ?? null,
          city,
          region: region ?? null,
          postalCode: postalCode || null,
          country,
        },
        paymentMethod: payingMethodOf(body.paymentMethod),
        giftCards: body.giftCards,
        storeCredit: body.storeCredit,
        expectedDue: body.expectedDue && { amount: body.expectedDue.amount, currency: body.expectedDue.currency },
        expectedTotal: body.expectedTotal && {
          amount: body.expectedTotal.amount,
          currency: body.expectedTotal.currency,
        },
        priceHash: body.priceHash,
        returnUrl: body.returnUrl,
      }),
    );
  }
}
