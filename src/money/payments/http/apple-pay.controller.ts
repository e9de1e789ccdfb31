import { Body, Controller, Get, Header, Headers, HttpCode, Post, Put, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Allow, Public, SessionOnly, StepUp } from '../../../kernel/auth/decorators';
import { Problems, RateLimit, RootController } from '../../../kernel/http/decorators';
import { etagOf, versionOfIfMatch } from '../../../kernel/http/etag';
import { SaveApplePayCommand, StartApplePaySessionCommand } from '../commands/apple-pay';
import { AssociationFileQuery, FindApplePayQuery } from '../queries/apple-pay';
import { ApplePayDetailsView, SaveApplePayBody, StartApplePaySessionBody } from './apple-pay.dto';

/** Apple Pay in browsers. */
@ApiTags('payments')
@Controller('apple-pay')
export class ApplePayController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get()
  @SessionOnly()
  @Allow('payment-gateways:read')
  @ApiOperation({ operationId: 'getApplePay', summary: 'How the shop is set up for Apple Pay' })
  @ApiOkResponse({ type: ApplePayDetailsView })
  async find(@Res({ passthrough: true }) reply: FastifyReply): Promise<ApplePayDetailsView> {
    const found = await this.queries.execute(new FindApplePayQuery());
    void reply.header('etag', etagOf(found.version));
    return found;
  }

  @Put()
  @SessionOnly()
  @Allow('payment-gateways:write')
  @StepUp({ maxAgeSeconds: 3600 })
  @Problems({ 'payments.apple-pay-certificate-invalid': 400, 'payments.apple-pay-changed': 409 })
  @ApiHeader({ name: 'If-Match', required: false, description: 'ETag of the version that you read.' })
  @ApiOperation({ operationId: 'saveApplePay', summary: 'Set the shop up for Apple Pay' })
  @ApiOkResponse({ type: ApplePayDetailsView })
  async save(
    @Body() body: SaveApplePayBody,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Headers('if-match') ifMatch?: string,
  ): Promise<ApplePayDetailsView> {
    const { merchant, association } = body;
    const identity = merchant && {
      merchantIdentifier: merchant.merchantIdentifier,
      displayName: merchant.displayName,
      certificate: merchant.certificate,
      privateKey: merchant.privateKey,
    };
    await this.commands.execute(new SaveApplePayCommand({ identity, association }, versionOfIfMatch(ifMatch)));
    return this.find(reply);
  }

  @Post('sessions')
  @HttpCode(200)
  @Public({ tenant: 'required' })
  @Problems(
    { 'payments.validation-url-refused': 400, 'payments.domain-not-ours': 400 },
    { 'payments.apple-pay-not-set-up': 409, 'payments.apple-pay-refused': 409, 'payments.gateway-silent': 503 },
    { 'payments.provider-not-offered': 409 },
  )
  @ApiOperation({
    operationId: 'startApplePaySession',
    summary: 'Get a merchant session for a page of the shop',
    description:
      'Open to the shop’s visitors: the answer to `onvalidatemerchant`. Give it to `completeMerchantValidation` as it is; it is of one use and ends after five minutes.',
  })
  @ApiOkResponse({
    schema: { type: 'object', additionalProperties: true, example: { merchantSessionIdentifier: 'SSH…' } },
  })
  start(@Body() { validationUrl, domain }: StartApplePaySessionBody): Promise<Record<string, unknown>> {
    return this.commands.execute(new StartApplePaySessionCommand({ validationUrl, domain: domain.toLowerCase() }));
  }
}

/** Proves the domains of shops to Apple. */
@ApiTags('payments')
@RootController('.well-known')
export class ApplePayAssociationController {
  constructor(private readonly queries: QueryBus) {}

  @Get('apple-developer-merchantid-domain-association')
  @Public({ tenant: 'optional' })
  @RateLimit('default')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=300')
  @Problems('payments.association-not-found')
  @ApiProduces('text/plain')
  @ApiOperation({
    operationId: 'getApplePayAssociation',
    summary: 'The file by which Apple verifies a domain of the shop',
    description: 'Asked at the shop’s own domain, which names the shop; elsewhere `X-Tenant` does.',
  })
  @ApiOkResponse({ schema: { type: 'string', example: '7B227073704964223A224578616D706C65227D' } })
  show(): Promise<string> {
    return this.queries.execute(new AssociationFileQuery());
  }
}
