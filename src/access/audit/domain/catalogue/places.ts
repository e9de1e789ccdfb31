import type { ActionList } from './action';

/** Places, what is told of them, and reviews. One line each, in alphabetical order. */
export const PLACES: ActionList = {
  AnswerReview: ['data', 'A review of a place was answered, or the answer was taken back.'],
  ChangePlace: ['data', 'A place was changed.'],
  CreatePlace: ['data', 'A place was entered.'],
  CreatePlaceKind: ['settings', 'A kind of place was made.'],
  DeletePlace: ['data', 'A place was deleted.'],
  DeletePlaceKind: ['settings', 'A kind of place was deleted.'],
  DeleteReview: ['data', 'Somebody deleted their review of a place.'],
  ImportPlaceFile: ['data', 'Places were imported from a file.'],
  ImportPlaces: ['data', 'Places were imported.'],
  ModerateReview: ['data', 'A review of a place was hidden, or let be seen.'],
  ReportReview: ['data', 'A review of a place was reported.'],
  TellAvailability: ['data', 'It was told what is free at a place.'],
  TellPrices: ['data', 'Prices of a place were told.'],
  WithdrawAvailability: ['data', 'What was free of a resource of a place was taken back.'],
  WithdrawPrice: ['data', 'A price of a place was taken back.'],
  WriteReview: ['data', 'Somebody reviewed a place.'],
};
