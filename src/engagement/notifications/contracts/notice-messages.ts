/** What the notifications need that are about nothing in particular. */
export interface NoticeTemplateData {
  /** A message in somebody's own words. `link` is https, or a path under the public URL. */
  notice: { title: string; body: string; link?: string; linkLabel?: string };
  /** What happened since the last digest; made when it leaves. */
  digest: {
    category: string;
    count: number;
    more: number;
    /** `at` is RFC 3339. */
    items: { title: string; body: string; link?: string; at: string }[];
  };
  /** Somebody wrote in a room; `excerpt` is absent where what is written stays there. `seq` is the message's place in the room. */
  'chat-message': {
    roomId: string;
    messageId?: string;
    seq?: number;
    room: string;
    author: string;
    excerpt?: string;
    mention?: boolean;
  };
}
