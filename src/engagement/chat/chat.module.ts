import { Module } from '@nestjs/common';
import { ReadReceipts } from './adapters/read-receipts';
import { RoomChannel } from './adapters/room-channel';
import {
  DeleteMessageHandler,
  EditMessageHandler,
  MessageWriter,
  PinMessageHandler,
  ReactHandler,
} from './commands/change-message';
import {
  AddRoomMembersHandler,
  ChangeRoomHandler,
  ChangeRoomMemberHandler,
  RemoveRoomMemberHandler,
} from './commands/change-room';
import { RoomKeeper } from './commands/room-keeper';
import { ForgetAuthorHandler } from './commands/forget-author';
import { IndexMessagesHandler } from './commands/index-messages';
import { OpenRoomHandler } from './commands/open-room';
import { PostMessageHandler } from './commands/post-message';
import { SaveChatSettingsHandler } from './commands/save-settings';
import { SilenceRoomHandler } from './commands/silence-room';
import { SetReadHandler, SetReadsHandler, SetThreadReadHandler } from './commands/set-read';
import { Bodies } from './data/bodies';
import { MessageLog } from './data/message-log';
import { MessageWords } from './data/message-words';
import { ReadPointers } from './data/read-pointers';
import { RoomRepository } from './data/room.repository';
import { SettingsRepository } from './data/settings.repository';
import { PurgeMessagesHandler, Purging } from './commands/purge-messages-handler';
import { RetentionRepository } from './data/retention.repository';
import { ExportRoomHandler } from './queries/export-room';
import { RoomFileHandler } from './queries/room-files';
import { PurgeOldMessages } from './reactions/purge-old-messages';
import { RoomTypes } from './data/room-types';
import { MessageNoticeHandler } from './queries/message-notice';
import { LeaveRoomsWhenMemberRemoved } from './reactions/leave-rooms-when-member-removed';
import { WordIndex } from './data/word-index';
import { ChatController } from './http/chat.controller';
import { ChatExportController } from './http/export.controller';
import { ChatMessagesController } from './http/messages.controller';
import { ChatRoomsController } from './http/rooms.controller';
import { ForgetAuthor } from './jobs/forget-author';
import { IndexMessages } from './jobs/index-messages';
import { ForgetAuthorWhenAccountDeleted } from './reactions/forget-author-when-account-deleted';
import { RoomEventsHandler, SyncHandler } from './queries/events';
import { ListRoomMembersHandler, SeenByHandler } from './queries/members';
import { FindMessageHandler, ListMessagesHandler, MessageHistoryHandler } from './queries/messages';
import { People } from './queries/people';
import { SearchMessagesHandler } from './queries/search';
import { ChatSettingsHandler } from './queries/settings';
import { FindRoomHandler, ListRoomsHandler, ThreadHandler, UnreadHandler } from './queries/rooms';
import { AcquaintancesHandler, RoomsOfUsersHandler } from './queries/shared-rooms';
import { BanFromRoomHandler, LiftBanHandler, MuteRoomMemberHandler } from './commands/call-to-order';
import { DecideReportHandler, HideMessageHandler, ReportMessageHandler } from './commands/moderate';
import { AddWordRuleHandler, ChangeWordRuleHandler, RemoveWordRuleHandler } from './commands/word-rules';
import {
  CancelScheduledMessageHandler,
  ChangeScheduledMessageHandler,
  ScheduleMessageHandler,
  Scheduling,
} from './commands/schedule-message';
import { SendScheduledMessageHandler } from './commands/send-scheduled-message-handler';
import { ScheduledRepository } from './data/scheduled.repository';
import { ChatScheduledController } from './http/scheduled.controller';
import { ListScheduledHandler } from './queries/scheduled';
import { SendScheduledMessage } from './reactions/send-scheduled-message';
import { ReportRepository } from './data/report.repository';
import { WordRuleRepository } from './data/word-rule.repository';
import { ChatModerationController } from './http/moderation.controller';
import { ChatReportsController } from './http/reports.controller';
import { ChatWordRulesController } from './http/word-rules.controller';
import { ListBansHandler, ListReportsHandler, ListWordRulesHandler } from './queries/moderation';
import { ChatGateway } from './realtime/chat.gateway';

/** Rooms in which people of an organization talk, and the gap-free log of each. */
@Module({
  controllers: [
    ChatController,
    ChatReportsController,
    ChatScheduledController,
    ChatWordRulesController,
    ChatExportController,
    ChatRoomsController,
    ChatModerationController,
    ChatMessagesController,
  ],
  providers: [
    ScheduledRepository,
    Scheduling,
    ScheduleMessageHandler,
    ChangeScheduledMessageHandler,
    CancelScheduledMessageHandler,
    SendScheduledMessageHandler,
    SendScheduledMessage,
    ListScheduledHandler,
    ReportRepository,
    WordRuleRepository,
    ReportMessageHandler,
    DecideReportHandler,
    HideMessageHandler,
    MuteRoomMemberHandler,
    BanFromRoomHandler,
    LiftBanHandler,
    AddWordRuleHandler,
    ChangeWordRuleHandler,
    RemoveWordRuleHandler,
    ListReportsHandler,
    ListBansHandler,
    ListWordRulesHandler,
    Bodies,
    MessageLog,
    ReadPointers,
    RoomRepository,
    RetentionRepository,
    PurgeMessagesHandler,
    Purging,
    PurgeOldMessages,
    RoomFileHandler,
    ExportRoomHandler,
    RoomTypes,
    MessageNoticeHandler,
    LeaveRoomsWhenMemberRemoved,
    ForgetAuthorHandler,
    ForgetAuthor,
    ForgetAuthorWhenAccountDeleted,
    SettingsRepository,
    WordIndex,
    MessageWords,
    ReadReceipts,
    RoomChannel,
    RoomKeeper,
    MessageWriter,
    People,
    OpenRoomHandler,
    ChangeRoomHandler,
    AddRoomMembersHandler,
    ChangeRoomMemberHandler,
    RemoveRoomMemberHandler,
    PostMessageHandler,
    EditMessageHandler,
    DeleteMessageHandler,
    ReactHandler,
    PinMessageHandler,
    SetReadHandler,
    SetReadsHandler,
    SetThreadReadHandler,
    ThreadHandler,
    SilenceRoomHandler,
    SaveChatSettingsHandler,
    IndexMessagesHandler,
    IndexMessages,
    SearchMessagesHandler,
    ChatSettingsHandler,
    ListRoomsHandler,
    FindRoomHandler,
    UnreadHandler,
    ListRoomMembersHandler,
    SeenByHandler,
    ListMessagesHandler,
    FindMessageHandler,
    MessageHistoryHandler,
    SyncHandler,
    RoomEventsHandler,
    AcquaintancesHandler,
    RoomsOfUsersHandler,
    ChatGateway,
  ],
})
export class ChatModule {}
