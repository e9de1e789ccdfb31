/** What happened longer ago when it is told (milliseconds) alarms nobody: neither sockets nor letters speak of it. */
export const NEWS_MS = 900_000;
