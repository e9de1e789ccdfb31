import { applyDecorators, SetMetadata, type Type } from '@nestjs/common';
import { SubscribeMessage } from '@nestjs/websockets';

/** How often one user may send an event, over all its sockets of this process. */
export interface EventLimit {
  /** Events at once. */
  burst: number;
  /** How many more come to be allowed each second. */
  perSecond: number;
}

/** What a gateway says of an event that clients send. Its payload is the DTO of the `@MessageBody()` parameter. */
export interface ClientEventOptions {
  /** Class of what the acknowledgement carries; absent when it carries `{}`. A list is a class with `data`, as over HTTP. */
  ack?: Type;
  /** The sender must hold any one of these permissions; without, whoever is connected may. */
  permission?: string | string[];
  /** Besides the limit over all events. */
  limit?: EventLimit;
  /** The sender is not thereby at its device: does not count for presence. */
  passive?: boolean;
  /** Codes of problems that it is answered with besides those that all events know. */
  problems?: string[];
}

/** A declared event of clients. */
export interface DeclaredClientEvent extends ClientEventOptions {
  name: string;
  permissions: readonly string[];
}

export const CLIENT_EVENT = 'mainstay:client-event';

/**
 * An event that clients of the gateway's namespace send: checked, limited, counted, and written into the AsyncAPI
 * document, where the method's docstring describes it.
 */
export const ClientEvent = (name: string, options: ClientEventOptions = {}): MethodDecorator => {
  const permissions = [options.permission ?? []].flat();
  return applyDecorators(
    SubscribeMessage(name),
    SetMetadata(CLIENT_EVENT, { ...options, name, permissions } satisfies DeclaredClientEvent),
  );
};

/** What is said of an event that the server sends. */
export interface ServerPushOptions {
  /** Who gets it, one sentence. */
  to: string;
  /** Default `/`; `*` for every namespace. */
  namespace?: string;
  /** Left out where a client is slow to take what it is sent. */
  volatile?: boolean;
}

export interface DeclaredPush extends ServerPushOptions {
  event: string;
  namespace: string;
  /** Class of the payload; its docstring describes the event. */
  payload: Type;
}

const pushes: DeclaredPush[] = [];

/**
 * Declares an event that the server sends, on the class of its payload (a `*.dto.ts`, so that its docstrings and
 * examples are in the AsyncAPI document). The same class may be the payload of several events.
 */
export const ServerPush =
  (event: string, options: ServerPushOptions): ClassDecorator =>
  (payload) => {
    pushes.push({ ...options, event, namespace: options.namespace ?? '/', payload: payload as unknown as Type });
  };

/** Every declared push of the classes that were loaded. */
export const declaredPushes = (): readonly DeclaredPush[] => pushes;
