import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../../kernel/auth/decorators';
import { Config } from '../../../kernel/config/config';
import { notFound } from '../../../kernel/errors/app-error';
import { RootController } from '../../../kernel/http/decorators';

const SCRIPT = 'text/javascript; charset=utf-8';

/** The file is read once, when it is first asked for. */
function fileOf(...parts: string[]): () => string {
  let text: string | undefined;
  return () => (text ??= readFileSync(path.join(...parts), 'utf8'));
}
const map = fileOf(__dirname, 'dev-map', 'map.html');
const script = fileOf(__dirname, 'dev-map', 'map.js');
const drawing = fileOf(__dirname, 'dev-map', 'drawing.js');
const world = fileOf(__dirname, 'dev-map', 'world.js');
// The client that comes with the server, so that both always speak the same protocol.
const socketClient = fileOf(path.dirname(require.resolve('socket.io/package.json')), 'client-dist', 'socket.io.min.js');

/** Where trackers are, live, on a map that needs no network. For development: absent in production. */
@ApiExcludeController()
@RootController('dev/map')
export class DevMapController {
  constructor(private readonly config: Config) {}

  @Get()
  @Public()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return this.served(map);
  }

  @Get('map.js')
  @Public()
  @Header('content-type', SCRIPT)
  script(): string {
    return this.served(script);
  }

  @Get('drawing.js')
  @Public()
  @Header('content-type', SCRIPT)
  drawing(): string {
    return this.served(drawing);
  }

  @Get('world.js')
  @Public()
  @Header('content-type', SCRIPT)
  world(): string {
    return this.served(world);
  }

  @Get('socket.io.js')
  @Public()
  @Header('content-type', SCRIPT)
  socketClient(): string {
    return this.served(socketClient);
  }

  private served(file: () => string): string {
    if (this.config.isProduction) throw notFound('http.route-not-found', 'There is nothing at this address.');
    return file();
  }
}
