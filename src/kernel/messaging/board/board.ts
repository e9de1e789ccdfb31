import type {} from '@fastify/cookie';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { OperatorLogin } from '../../auth/operator-login';
import { GUEST } from '../../auth/principal';
import { TokenVerifier } from '../../auth/token-verifier';
import { Config } from '../../config/config';
import { AppError } from '../../errors/app-error';
import { sendProblem } from '../../http/problem.filter';
import { RateLimits } from '../../http/rate-limits';
import { cookieOptions } from '../../http/security-headers';
import { isUuid } from '../../ids/ids';
import { logger } from '../../telemetry/logger';
import { Queues } from '../queues';
import { signInPage, signOutBar } from './board.page';
import { BOARD_SESSION_SECONDS, BoardSession } from './board-session';
import { PASSKEY_SCRIPT } from './passkey-script';

const BASE = '/queues';
/** Browsers take a name with this prefix over https alone; `__Host-` would ask for the path `/`. */
const cookieName = ({ secureCookies }: Config): string =>
  secureCookies ? '__Secure-mainstay_board' : 'mainstay_board';
/** The page sets its base address, which our general policy forbids; nothing else is wider. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Jobs come from deliveries alone: the board neither invents, edits nor wipes out any. */
const WRITES_JOBS = /\/(?:add|update-data|obliterate|job-schedulers)(?:\/|$)/;

interface Credentials {
  email?: unknown;
  password?: unknown;
  code?: unknown;
  accessToken?: unknown;
}

declare module 'fastify' {
  interface FastifyRequest {
    boardOperator?: { userId: string; email: string };
  }
}

const refused = (code: string, kind: 'unauthenticated' | 'forbidden', detail: string, hint?: string): AppError =>
  new AppError(code, kind, detail, hint ? { hint } : {});

const wantsPage = (request: FastifyRequest): boolean => /\btext\/html\b/.test(request.headers.accept ?? '');

/**
 * The board of the queues at `/queues`, for operators: by the cookie of its own sign-in page, or by an operator's access
 * token. Payloads are shown as ids only, for they are the tenants' data.
 */
@Injectable()
export class Board implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly queues: Queues,
    private readonly sessions: BoardSession,
    private readonly verifier: TokenVerifier,
    private readonly limits: RateLimits,
    private readonly config: Config,
    @Optional() @Inject(OperatorLogin) private readonly login?: OperatorLogin,
  ) {}

  onModuleInit(): void {
    const instance = this.host.httpAdapter?.getInstance<FastifyInstance>();
    if (!instance || !this.config.roles.has('api')) return;
    instance.decorateRequest('boardOperator', undefined);
    // Not awaited: waiting would make Fastify boot before Nest has set its error handler. They load with `ready`.
    void instance.register((scope) => Promise.resolve(this.signIn(scope)), { prefix: BASE });
    void instance.register(async (scope) => this.board(scope), { prefix: BASE });
  }

  private signIn(scope: FastifyInstance): void {
    const consumes = ['application/x-www-form-urlencoded'];
    scope.get('/login', (_request, reply) => this.form(reply));
    scope.get('/passkey.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(PASSKEY_SCRIPT));
    scope.post('/login', { config: { consumes }, bodyLimit: 16_384 }, (request, reply) =>
      this.answer(request, reply, async () => {
        try {
          return await this.logIn(request, reply);
        } catch (error) {
          // People get the form again with the reason, programs the problem.
          if (!(error instanceof AppError) || !wantsPage(request)) throw error;
          return this.form(reply, error.status, error.detail);
        }
      }),
    );
    scope.post('/logout', { config: { consumes }, bodyLimit: 1_024 }, (request, reply) =>
      this.answer(request, reply, async () => {
        this.assertSameSite(request, true);
        const operator = await this.sessions.read(request.cookies[cookieName(this.config)]);
        if (operator) await this.sessions.close(operator.userId);
        void reply.clearCookie(cookieName(this.config), cookieOptions(this.config, BASE));
        return reply.redirect(`${BASE}/login`, 303);
      }),
    );
  }

  private async logIn(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    this.assertSameSite(request, false);
    await this.limits.consume('auth', GUEST, request.ip, reply);
    const { email, password, code, accessToken } = (request.body ?? {}) as Credentials;
    if (typeof accessToken === 'string' && accessToken) return this.exchange(request, reply, accessToken);
    if (typeof email !== 'string' || typeof password !== 'string' || !email || !password) {
      return this.form(reply, 400, 'Give an e-mail address and a password.');
    }
    const operator = await this.login?.verify(email, password, typeof code === 'string' && code ? code : undefined);
    if (!operator?.userId || operator.kind !== 'operator') {
      logger.warn({ address: request.ip }, 'a sign-in to the board was refused');
      return this.form(reply, 401, 'This is no operator, or the password or code is wrong.', email);
    }
    return this.enter(reply, operator.userId, operator.email ?? email);
  }

  /** An operator's access token for the cookie: the page has signed in by passkey. */
  private async exchange(request: FastifyRequest, reply: FastifyReply, accessToken: string): Promise<unknown> {
    const { principal } = await this.verifier.verify(accessToken);
    if (principal.kind !== 'operator' || !principal.userId || principal.apiKey) {
      logger.warn({ address: request.ip }, 'a sign-in to the board was refused');
      return this.form(reply, 401, 'This is no operator.');
    }
    return this.enter(reply, principal.userId, principal.email ?? 'operator');
  }

  private async enter(reply: FastifyReply, userId: string, email: string): Promise<unknown> {
    const cookie = await this.sessions.open(userId, email);
    void reply.setCookie(cookieName(this.config), cookie, {
      ...cookieOptions(this.config, BASE),
      maxAge: BOARD_SESSION_SECONDS,
    });
    return reply.redirect(BASE, 303);
  }

  private async board(scope: FastifyInstance): Promise<void> {
    scope.addHook('onRequest', async (request, reply) => {
      void reply.header('content-security-policy', POLICY);
      // The board has an error handler of its own, which knows no problems: refusals are answered here.
      try {
        await this.admit(request);
      } catch (error) {
        const page = request.method === 'GET' && wantsPage(request);
        const signedOut = error instanceof AppError && error.kind === 'unauthenticated';
        if (page && signedOut && request.headers.authorization === undefined)
          return reply.redirect(`${BASE}/login`, 303);
        sendProblem(error, request, reply);
        return reply;
      }
      return undefined;
    });
    scope.addHook('onSend', async (request, reply, payload) => {
      if (typeof payload !== 'string' || !String(reply.getHeader('content-type')).startsWith('text/html'))
        return payload;
      // Nothing from another host; the page falls back to the system's fonts.
      const own = payload.replace(/<link[^>]+href="https?:\/\/[^>]*>/g, '');
      const operator = request.boardOperator;
      return operator?.email ? own.replace('</body>', `${signOutBar(operator.email)}</body>`) : own;
    });
    const adapter = new FastifyAdapter();
    adapter.setBasePath(BASE);
    createBullBoard({
      queues: this.queues.all().map((queue) => {
        const shown = new BullMQAdapter(queue);
        shown.setFormatter('data', idsOnly as never);
        return shown;
      }),
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'Mainstay queues', hideRedisDetails: true } as never },
    });
    await scope.register(adapter.registerPlugin());
  }

  /** @throws AppError 401 without a sign-in, 403 for anybody who is no operator and for requests of other sites */
  private async admit(request: FastifyRequest): Promise<void> {
    const bearer = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      const { principal } = await this.verifier.verify(bearer);
      if (principal.kind !== 'operator') {
        throw refused('auth.operator-only', 'forbidden', 'Only operators of this installation may do this.');
      }
      request.boardOperator = { userId: principal.userId!, email: '' };
    } else {
      const operator = await this.sessions.read(request.cookies[cookieName(this.config)]);
      // The cookie says who signed in; what they are is asked each time, for it may have been taken from them.
      if (!operator || !(await this.login?.isOperator(operator.userId))) {
        throw refused('auth.required', 'unauthenticated', 'The board is for operators.', `Sign in at ${BASE}/login.`);
      }
      if (!SAFE.has(request.method)) this.assertSameSite(request, true);
      request.boardOperator = operator;
    }
    const path = request.url.split('?')[0];
    if (!SAFE.has(request.method)) {
      if (WRITES_JOBS.test(path)) {
        throw refused(
          'queues.jobs-come-from-deliveries',
          'forbidden',
          'Jobs are neither made nor edited on the board.',
        );
      }
      logger.info({ operator: request.boardOperator.userId, method: request.method, path }, 'board: an operator acts');
    }
  }

  /**
   * Refuses what another site's page sent. Browsers say where a request comes from: by Sec-Fetch-Site, which no page can
   * set, else (older ones, and plain HTTP) by Origin. `strict` refuses also those that say neither (a cookie travels
   * along, so it is a browser).
   */
  private assertSameSite(request: FastifyRequest, strict: boolean): void {
    const site = request.headers['sec-fetch-site'];
    const { origin, host } = request.headers;
    const own = new Set([new URL(this.config.publicUrl).origin, `${request.protocol}://${host}`]);
    // Browsers with strict settings send a form's Origin as `null` even to its own site.
    const named = origin === undefined || (origin === 'null' && site !== undefined) ? undefined : own.has(origin);
    const fine = site === undefined ? (named ?? !strict) : site === 'same-origin' && named !== false;
    if (!fine) {
      throw refused('queues.foreign-site', 'forbidden', 'This request comes from another site.');
    }
  }

  /** Handlers of these routes run outside of Nest: their errors become problems here. */
  private async answer(request: FastifyRequest, reply: FastifyReply, work: () => Promise<unknown>): Promise<unknown> {
    try {
      return await work();
    } catch (error) {
      sendProblem(error, request, reply);
      return reply;
    }
  }

  /** The page of the sign-in, which runs a script of ours where passkeys are offered. */
  private form(reply: FastifyReply, status = 200, fault?: string, email?: string): FastifyReply {
    void reply.header('content-security-policy', POLICY);
    const body = signInPage({ fault, email, passkeys: this.login?.passkeys ?? null });
    return reply.code(status).type('text/html; charset=utf-8').send(body);
  }
}

/** Ids, numbers and flags of a job's data; text is personal as likely as not. */
export function idsOnly(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(idsOnly);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, idsOnly(own)]));
  return typeof value === 'string' && !isUuid(value) ? '[hidden]' : value;
}
