import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Controller, Get } from '@nestjs/common';
import { ACCESS_RULE, Allow, Public } from '../../src/kernel/auth/decorators';
import { classes, decorator, ROOT, sources } from './scan';

type Class = new (...args: never[]) => object;

/** The routes of a controller that declare no access rule, as its metadata say. */
function undeclared(controller: Class): string[] {
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = Object.getOwnPropertyDescriptor(prototype, name)?.value as object | undefined;
    if (typeof handler !== 'function' || !Reflect.hasMetadata('method', handler)) return [];
    return (Reflect.getMetadata(ACCESS_RULE, handler) ?? Reflect.getMetadata(ACCESS_RULE, controller))
      ? []
      : [`${controller.name}.${name}`];
  });
}

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  responses?: Record<string, unknown>;
}
type Document = { paths: Record<string, Record<string, Operation>> };
const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];

/** What operations of the API document lack; empty when each is named, explained and says what can go wrong. */
function operationFaults({ paths }: Document): string[] {
  const faults: string[] = [];
  const ids = new Map<string, string>();
  for (const [route, item] of Object.entries(paths))
    for (const method of METHODS.filter((one) => one in item)) {
      const name = `${method.toUpperCase()} ${route}`;
      const { operationId, summary, tags, responses = {} } = item[method];
      if (!operationId || !/^[a-z][A-Za-z0-9]*$/.test(operationId)) faults.push(`${name}: needs an operationId`);
      else if (ids.has(operationId)) faults.push(`${name}: has the operationId of ${ids.get(operationId)}`);
      else ids.set(operationId, name);
      if (!summary) faults.push(`${name}: needs a summary`);
      if (tags?.length !== 1) faults.push(`${name}: needs one tag`);
      if (!Object.keys(responses).some((status) => /^[45]|default/.test(status)))
        faults.push(`${name}: names no problem`);
    }
  return faults;
}

/** Every class with @Controller or @RootController in the product. */
function productControllers(): Class[] {
  return sources('src').flatMap((source) => {
    const names = classes(source, /@(?:Root)?Controller\b/)
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
  it('declare who may call them', () => {
    const controllers = productControllers();
    expect(controllers.length).toBeGreaterThan(0);
    expect(controllers.flatMap(undeclared)).toEqual([]);
  });

  it('are caught where they do not', () => {
    @Controller('planted')
    class PlantedController {
      @Get('open')
      open(): void {}

      @Get('declared')
      @Allow('planted:read')
      declared(): void {}
    }
    expect(undeclared(PlantedController)).toEqual(['PlantedController.open']);
    expect(undeclared(Public()(PlantedController) ?? PlantedController)).toEqual([]);
  });

  it('are named, explained and have their problems in the API document', () => {
    const document = JSON.parse(readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as Document;
    expect(Object.keys(document.paths).length).toBeGreaterThan(0);
    expect(operationFaults(document)).toEqual([]);
  });

  it('are caught where the document lacks them', () => {
    const sound = { operationId: 'getThing', summary: 'Read', tags: ['things'], responses: { 404: {} } };
    const { summary: _, ...silent } = { ...sound, operationId: 'listThings' };
    const faults = operationFaults({
      paths: {
        '/a': { get: sound, post: sound },
        '/b': { get: silent },
        '/c': { get: { ...sound, operationId: 'x', responses: { 200: {} } } },
      },
    });
    expect(faults).toEqual([
      'POST /a: has the operationId of GET /a',
      'GET /b: needs a summary',
      'GET /c: names no problem',
    ]);
  });
});
