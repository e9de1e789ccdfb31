import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { JwtGuard, JwtStrategy } from './jwt.strategy';
import { TokenVerifier } from './token-verifier';

/** From access tokens to principals: for requests and for sockets, also in a process that serves neither. */
@Module({
  imports: [PassportModule.register({ session: false })],
  providers: [JwtStrategy, JwtGuard, TokenVerifier],
  exports: [TokenVerifier],
})
export class TokensModule {}
