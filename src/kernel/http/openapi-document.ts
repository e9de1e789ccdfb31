import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import swaggerAssets from 'swagger-ui-dist/absolute-path.js';
import { logger } from '../telemetry/logger';
import { PRODUCT_ROOT } from '../version';
import { eventsPage } from './events-page';

/** The committed document; `npm run openapi` writes it. */
export const DOCUMENT_FILE = path.join(PRODUCT_ROOT, 'docs', 'openapi.json');
/** Socket events; written by the same tool. */
export const EVENTS_FILE = path.join(PRODUCT_ROOT, 'docs', 'asyncapi.json');

const ASSETS =
  /^\/(?:swagger-ui\.css|swagger-ui-bundle\.js|swagger-ui-standalone-preset\.js|favicon-(?:16x16|32x32)\.png)$/;

const INIT = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

const HTML = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>API docs · Mainstay</title><link rel="stylesheet" href="/docs/swagger-ui.css"><link rel="icon" href="/docs/favicon-32x32.png"></head>
<body style="margin:0"><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/init.js"></script></body></html>`;

/**
 * Serves the committed OpenAPI document and Swagger UI from its package: nothing is generated at boot and nothing comes
 * from another host.
 */
export function serveApiDocument(instance: FastifyInstance): void {
  serveDocument(instance, '/openapi.json', DOCUMENT_FILE);
  serveDocument(instance, '/asyncapi.json', EVENTS_FILE);
  // Made with the first visit: few come.
  let page: string | undefined;
  instance.get('/docs/events', (_request, reply) => {
    page ??= eventsPage(JSON.parse(readFileSync(EVENTS_FILE, 'utf8')) as never);
    return reply.type('text/html; charset=utf-8').send(page);
  });
  instance.get('/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(HTML));
  instance.get('/docs/init.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(INIT));
  void instance.register(fastifyStatic, {
    root: swaggerAssets(),
    prefix: '/docs/',
    decorateReply: false,
    index: false,
    maxAge: '1d',
    allowedPath: (pathname) => ASSETS.test(pathname),
  });
}

function serveDocument(instance: FastifyInstance, url: string, file: string): void {
  if (!existsSync(file)) return logger.warn({ file }, 'a document of the API is missing; make it with npm run openapi');
  const document = readFileSync(file);
  const etag = `"${createHash('sha256').update(document).digest('base64url').slice(0, 22)}"`;
  instance.get(url, (request, reply) => {
    void reply.headers({ etag, 'cache-control': 'no-cache', 'access-control-allow-origin': '*' });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type('application/json; charset=utf-8').send(document);
  });
}
