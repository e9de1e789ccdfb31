import 'reflect-metadata';
import path from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOperation } from '@nestjs/swagger';
import { ACCESS_RULE, Allow, Public } from '../../src/kernel/auth/decorators';
import { classes, decorator, ROOT, sources } from './scan';

type Class = new (...args: never[]) => object;

interface Route {
  name: string;
  documented: boolean;
  access: unknown;
  operation: { operationId?: string; summary?: string } | undefined;
}

/** The routes of a controller, as its metadata say. */
function routesOf(controller: Class): Route[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as object | undefined;
    if (typeof handler !== 'function' || !Reflect.hasMetadata('method', handler)) return [];
    const excluded = Reflect.getMetadata('swagger/apiExcludeEndpoint', handler) as { disable: boolean } | undefined;
    const excludedController = Reflect.getMetadata('swagger/apiExcludeController', controller) as boolean[] | undefined;
    return [
      {
        name: `${controller.name}.${name}`,
        documented: !excluded?.disable && !excludedController?.[0],
        access: Reflect.getMetadata(ACCESS_RULE, handler) ?? Reflect.getMetadata(ACCESS_RULE, controller),
        operation: Reflect.getMetadata('swagger/apiOperation', handler) as Route['operation'],
      },
    ];
  });
}

/** What each route lacks; empty when all declare themselves. */
function routeFaults(controllers: Class[]): string[] {
  const faults: string[] = [];
  const ids = new Map<string, string>();
  for (const route of controllers.flatMap(routesOf)) {
    if (!route.access)
      faults.push(`${route.name}: declares no access rule (@Allow, @Authenticated, @OperatorOnly, @Public)`);
    if (!route.documented) continue;
    const { operationId, summary } = route.operation ?? {};
    if (!operationId || !/^[a-z][A-Za-z0-9]*$/.test(operationId))
      faults.push(`${route.name}: needs an operationId (verbNoun)`);
    if (!summary) faults.push(`${route.name}: needs a summary`);
    const other = operationId && ids.get(operationId);
    if (other) faults.push(`${route.name}: operationId ${operationId} is that of ${other}`);
    if (operationId) ids.set(operationId, route.name);
  }
  return faults;
}

/** Every class with @Controller or @RootController in the product. */
function productControllers(): Class[] {
  return sources('src').flatMap((source) => {
    const names = classes(source)
      .filter((node) => decorator(node, 'Controller') ?? decorator(node, 'RootController'))
      .map((node) => node.name?.text ?? '');
    if (names.length === 0) return [];
    const module = require(path.join(ROOT, source.file)) as Record<string, Class>;
    return names.map((name) => {
      if (!module[name]) throw new Error(`${source.file}: controller ${name} is not exported`);
      return module[name];
    });
  });
}

describe('routes', () => {
  it('declare who may call them, and are named in the API document', () => {
    const controllers = productControllers();
    expect(controllers.length).toBeGreaterThan(0);
    expect(routeFaults(controllers)).toEqual([]);
  });

  it('are caught where they do not', () => {
    @Controller('planted')
    class PlantedController {
      @Get('open')
      @ApiOperation({ operationId: 'getOpen', summary: 'x' })
      open(): void {}

      @Get('nameless')
      @Allow('planted:read')
      nameless(): void {}

      @Get('twice')
      @Public()
      @ApiOperation({ operationId: 'getOpen', summary: 'x' })
      twice(): void {}

      @Get('hidden')
      @Public()
      @ApiExcludeEndpoint()
      hidden(): void {}
    }
    expect(routeFaults([PlantedController])).toEqual([
      expect.stringContaining('open: declares no access rule'),
      expect.stringContaining('nameless: needs an operationId'),
      expect.stringContaining('nameless: needs a summary'),
      expect.stringContaining('twice: operationId getOpen is that of PlantedController.open'),
    ]);
  });
});
