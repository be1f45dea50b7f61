/**
 * Bookmarks of the source that replication makes and keeps.
 * @module
 */
export { SendBookmarks, settleCommitted } from "./send_bookmarks.ts";
export { hasTemporary, isGuarded, unsettledBookmarks, wantsBookmarks } from "./wanted.ts";
