/** Bounds of the wire. Every number a client can run into stands here; the registration answer carries them as `limits`. */
export const ID_MAX_BYTES = 128;
export const ELEMENT_MAX_BYTES = 64 * 1024; // of its JSON
export const FLAGS_MAX = 64;
export const FLAGS_LISTED_MAX = 2048; // an operation may name one more than once, and remove more than there are
export const DISPOSITIONS_MAX = 1000;
export const PARTICIPANTS_MAX = 500;
export const PAYLOAD_PARTS_MAX = 2048; // more do not fit into an element, however short
export const FOLDER_NAME_MAX = 255; // characters
export const USER_FOLDERS_MAX = 500;
export const FOLDER_DEPTH_MAX = 16;

export const OPERATIONS_MAX = 50; // a request
export const REQUEST_MAX_BYTES = 1024 * 1024;
export const CURRENT_MAX_BYTES = 2 * 1024; // a larger `current` is left out of an operation's result

export const PAGE_DEFAULT = 200; // elements a response
export const PAGE_MAX = 1000;
export const SYNC_TOKEN_MAX = 600; // characters
export const COMMITS_BEHIND_MAX = 2000; // further behind at the start of a synchronization: reset

export const SCOPE_IDS_MAX = 200; // ids in `folders` and `excludeConversations` together
export const PUSH_WINDOW_MAX_MS = 900_000;

/** Faults of a body that are told: far more than anybody makes by mistake, and an answer has to stay below what Lambda returns. */
export const FAULTS_TOLD_MAX = 1000;

export const TICKET_SECONDS = 60;
export const FRAME_MAX_BYTES = 128 * 1024; // closed by the gateway beyond it
export const SYNC_RESPONSE_FRAME_MAX_BYTES = 120 * 1024;
export const SYNC_REQUEST_CONVERSATIONS_MAX = 10;

/** Built-in folders: they exist in every box and cannot be renamed, moved or deleted. */
export const DEFAULT_FOLDER = 'default'; // histories recorded by the network
export const USER_ROOT_FOLDER = 'RCSMessageStore'; // folders made by the user

/** Most devices that a policy can allow a box: each commit looks at all of them. */
export const DEVICES_MAX = 1000;
