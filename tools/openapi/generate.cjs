'use strict';
/**
 * Makes the OpenAPI document from the real application, scanned in Nest's preview mode: no provider is created, nothing
 * listens and no database is asked.
 */
require('../typescript.cjs');
require('reflect-metadata');
const { swaggerMetadata } = require('./metadata.cjs');
const { completeDocument } = require('./complete.cjs');
const { exampleOf } = require('./examples.cjs');
const { generateEvents } = require('../asyncapi.cjs');

/** Everything that a decorator says of a route and the document shall say too. */
function annotate(app, ApiExtension) {
  const { ACCESS_RULE, STEP_UP } = require('../../src/kernel/auth/decorators.ts');
  const { PROBLEMS, IDEMPOTENT, RATE_CLASS } = require('../../src/kernel/http/decorators.ts');
  const { PATH_METADATA } = require('@nestjs/common/constants');
  const seen = new Set();
  for (const module of app.container.getModules().values()) {
    for (const { metatype } of module.controllers.values()) {
      if (seen.has(metatype)) continue;
      seen.add(metatype);
      const names = new Set();
      for (let proto = metatype.prototype; proto && proto !== Object.prototype; proto = Object.getPrototypeOf(proto)) {
        for (const name of Object.getOwnPropertyNames(proto)) if (name !== 'constructor') names.add(name);
      }
      for (const name of names) {
        const handler = metatype.prototype[name];
        if (typeof handler !== 'function' || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
        const of = (key) => Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, metatype);
        const facts = {
          controller: metatype.name,
          method: name,
          rule: of(ACCESS_RULE) ?? null,
          stepUp: of(STEP_UP) ?? null,
          problems: [
            ...(Reflect.getMetadata(PROBLEMS, metatype) ?? []),
            ...(Reflect.getMetadata(PROBLEMS, handler) ?? []),
          ],
          idempotent: Reflect.getMetadata(IDEMPOTENT, handler) ?? null,
          rateClass: of(RATE_CLASS) ?? 'default',
        };
        ApiExtension('x-mainstay', facts)(metatype.prototype, name, { value: handler });
      }
    }
  }
}

/** @returns {Promise<{ document: object, events: object }>} the complete OpenAPI and AsyncAPI documents, with their keys in a stable order */
async function generateDocument() {
  const metadata = swaggerMetadata();
  const { NestFactory } = require('@nestjs/core');
  const { FastifyAdapter } = require('@nestjs/platform-fastify');
  const { ApiExtension, DocumentBuilder, SwaggerModule } = require('@nestjs/swagger');
  const { AppModule } = require('../../src/app.module.ts');
  const { loadConfig } = require('../../src/kernel/config/config.ts');
  const { servedModule, VERSIONING } = require('../../src/kernel/http/served-module.ts');
  // The document shows what development has too (clock, mailbox); such operations say so.
  const config = loadConfig({
    NODE_ENV: 'development',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    LOG_LEVEL: 'error',
  });
  const app = await NestFactory.create(servedModule(AppModule.register(config)), new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    logger: ['error'],
  });
  app.enableVersioning(VERSIONING);
  annotate(app, ApiExtension);
  await SwaggerModule.loadPluginMetadata(metadata.load);
  const base = new DocumentBuilder().setTitle('Mainstay').setVersion(require('../../package.json').version).build();
  const document = SwaggerModule.createDocument(app, base, {
    operationIdFactory: (controller, method) => `${controller}#${method}`,
    autoTagControllers: false,
  });
  // Of no module: the schemas of these classes alone.
  const schemasOf = (extraModels) =>
    SwaggerModule.createDocument(app, base, { include: [class None {}], extraModels, autoTagControllers: false })
      .components.schemas;
  const completed = completeDocument(JSON.parse(JSON.stringify(document)), metadata.controllers);
  const events = generateEvents(app, schemasOf, completed.components.schemas.Problem, exampleOf);
  return { document: completed, events };
}

module.exports = { generateDocument };
