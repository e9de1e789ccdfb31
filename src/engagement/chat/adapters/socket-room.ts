/** The namespace of sockets that chat. */
export const NAMESPACE = '/chat';

/** The room of sockets that follow a chat room; the id is unique, the tenant stands in it for whoever reads it. */
export const socketRoom = (tenantId: string, roomId: string): string => `chat:${tenantId}:${roomId}`;
