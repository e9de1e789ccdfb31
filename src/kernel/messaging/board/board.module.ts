import { Module } from '@nestjs/common';
import { Board } from './board';
import { BoardSession } from './board-session';

/** The board of the queues; part of processes that serve HTTP. */
@Module({ providers: [BoardSession, Board] })
export class BoardModule {}
