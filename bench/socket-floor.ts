import { createServer } from 'node:http';
import { Server } from 'socket.io';

/**
 * The floor of sockets: a bare Socket.IO echo to rooms. No token, no tenant, no database, no validation; one process.
 * A client names its room, and what it sends goes to everybody in it.
 */
const server = createServer((_request, response) => response.end('ok'));
const io = new Server(server, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  const { room } = socket.handshake.auth as { room?: string };
  if (room) void socket.join(room);
  socket.on('message.send', (message: { body: string }, ack?: (answer: object) => void) => {
    io.to(room!).emit('room.event', { message });
    ack?.({});
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
