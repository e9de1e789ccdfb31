import { Body, Controller, Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../kernel/auth/decorators';
import { Consumes } from '../../../kernel/http/decorators';
import { AnswerChallengeCommand, challengeNotFound } from '../commands/answer-challenge';
import { readChallengeToken } from '../domain/challenge-token';
import { ChallengeQuery } from '../queries/fetch-payment';
import { ChallengeBody } from './challenge.dto';
import { challengePage } from './challenge.page';

/** The provider double's own web pages: the 3-D Secure step. Not part of the product's API. */
@ApiExcludeController()
@Controller('sandbox/challenges')
export class ChallengeController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':token')
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  // Browsers apply form-action to the redirects after the form too, and those lead back to the shop.
  @Header(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action https: http:",
  )
  async show(@Param('token') token: string): Promise<string> {
    const place = readChallengeToken(token);
    const challenge = place && (await this.queries.execute(new ChallengeQuery(place)));
    if (!challenge) throw challengeNotFound();
    return challengePage(challenge);
  }

  @Post(':token')
  @Public()
  @HttpCode(303)
  @Consumes('application/x-www-form-urlencoded')
  async answer(@Param('token') token: string, @Body() body: ChallengeBody, @Res() reply: FastifyReply): Promise<void> {
    const place = readChallengeToken(token);
    if (!place) throw challengeNotFound();
    const { returnUrl } = await this.commands.execute(
      new AnswerChallengeCommand({ ...place, decision: body.decision }),
    );
    await reply.redirect(returnUrl, 303);
  }
}
