import { Module } from '@nestjs/common';
import { AssessPaymentHandler } from './commands/assess-payment';
import { MoveAssessmentHandler } from './commands/move-assessment';
import { DecideReviewHandler } from './commands/decide-review';
import { PaymentFollower } from './commands/follow-payment';
import { Judge } from './commands/judge';
import { LabelAssessmentHandler } from './commands/label-assessment';
import { AddListEntriesHandler, AddListEntryHandler, RemoveListEntryHandler } from './commands/manage-lists';
import { ActivateModelHandler, AskForModelHandler } from './commands/manage-models';
import { ChangeRuleHandler, CreateRuleHandler, DeleteRuleHandler } from './commands/manage-rules';
import { SaveFraudSettingsHandler } from './commands/save-settings';
import { AssignReviewHandler, NoteReviewHandler } from './commands/tend-review';
import { TrainModelHandler } from './commands/train-model';
import { AssessmentRepository } from './data/assessment.repository';
import { ListRepository } from './data/list.repository';
import { ModelRepository } from './data/model.repository';
import { FraudPolicies } from './data/policies';
import { ReviewRepository } from './data/review.repository';
import { RuleRepository } from './data/rule.repository';
import { FraudModelsController } from './http/fraud-models.controller';
import { FraudReviewsController } from './http/fraud-reviews.controller';
import { FraudController } from './http/fraud.controller';
import { TrainFraudModel } from './jobs/train-fraud-model';
import { FraudRetention } from './jobs/fraud-retention';
import { FraudAnalyticsHandler } from './queries/analytics';
import { FindAssessmentHandler, ListAssessmentsHandler } from './queries/assessments';
import { FindListEntryHandler, ListEntriesHandler } from './queries/list-entries';
import { FindModelHandler, ListModelsHandler } from './queries/models';
import { FindReviewHandler, ListReviewsHandler } from './queries/reviews';
import { FindRuleHandler, ListRulesHandler, RuleVersionsHandler } from './queries/rules';
import { FraudSettingsHandler } from './queries/settings';
import { ListSignalsHandler } from './queries/signals';
import { DryRunRuleHandler, TestConditionHandler } from './queries/try-rule';
import {
  CloseWhenPaymentVoided,
  JudgeWhenPaymentAuthorized,
  JudgeWhenPaymentCaptured,
  LabelWhenDisputeClosed,
  LabelWhenDisputeOpened,
  NoteWhenPaymentFailed,
  NoteWhenPaymentPartlyCaptured,
  NoteWhenRefundSucceeded,
} from './reactions/follow-payments';
import { PushWhenReviewOpened, PushWhenReviewOverdue } from './reactions/push-when-review-changes';
import { RejectReviewInTime, ReviewDue } from './reactions/review-timers';

/** Judges tries to pay by a tenant's rules and lists; reviews; what the tries turned out to be. */
@Module({
  controllers: [FraudController, FraudReviewsController, FraudModelsController],
  providers: [
    FraudRetention,
    FraudPolicies,
    AssessmentRepository,
    RuleRepository,
    ListRepository,
    ReviewRepository,
    ModelRepository,
    AskForModelHandler,
    TrainModelHandler,
    ActivateModelHandler,
    ListModelsHandler,
    FindModelHandler,
    TrainFraudModel,
    Judge,
    PaymentFollower,
    AssessPaymentHandler,
    MoveAssessmentHandler,
    CreateRuleHandler,
    ChangeRuleHandler,
    DeleteRuleHandler,
    AddListEntryHandler,
    AddListEntriesHandler,
    RemoveListEntryHandler,
    SaveFraudSettingsHandler,
    ListRulesHandler,
    FindRuleHandler,
    RuleVersionsHandler,
    ListEntriesHandler,
    FindListEntryHandler,
    FraudSettingsHandler,
    ListSignalsHandler,
    TestConditionHandler,
    DryRunRuleHandler,
    FraudAnalyticsHandler,
    LabelAssessmentHandler,
    ListAssessmentsHandler,
    FindAssessmentHandler,
    DecideReviewHandler,
    AssignReviewHandler,
    NoteReviewHandler,
    ListReviewsHandler,
    FindReviewHandler,
    JudgeWhenPaymentAuthorized,
    JudgeWhenPaymentCaptured,
    NoteWhenPaymentPartlyCaptured,
    NoteWhenPaymentFailed,
    CloseWhenPaymentVoided,
    NoteWhenRefundSucceeded,
    LabelWhenDisputeOpened,
    LabelWhenDisputeClosed,
    PushWhenReviewOpened,
    PushWhenReviewOverdue,
    ReviewDue,
    RejectReviewInTime,
  ],
})
export class FraudModule {}
