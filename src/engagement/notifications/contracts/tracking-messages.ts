/** What the notifications of vehicles and geofences need. */
export interface TrackingTemplateData {
  /** Something happened at a geofence. `at` is for people, such as `2026-03-01 12:00 UTC`. */
  'geofence-alert': {
    tracker: string;
    geofence: string;
    type: 'enter' | 'exit' | 'dwell';
    at: string;
    /** Of a dwell. */
    minutes?: number;
  };
}
